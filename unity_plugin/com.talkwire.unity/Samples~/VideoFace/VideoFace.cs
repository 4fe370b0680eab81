using UnityEngine;

namespace Talkwire.Samples
{
    /// <summary>On an empty object: a screen that shows the streamed texture, as it changes with what is
    /// said.</summary>
    [RequireComponent(typeof(TalkwireVideoFace))]
    public sealed class VideoFace : MonoBehaviour
    {
        [SerializeField] private string _avatar = "nova";

        private void Start()
        {
            GameObject screen = GameObject.CreatePrimitive(PrimitiveType.Quad);
            screen.transform.SetParent(transform, false);
            var face = GetComponent<TalkwireVideoFace>();
            face.Renderer = screen.GetComponent<Renderer>();
            face.Avatar = _avatar;
        }
    }
}
