using UnityEngine;

namespace Talkwire.Samples
{
    /// <summary>On an empty object, with a Main Camera that has an AudioListener: a head that looks at you and says
    /// your clip. Space says it, Escape cuts it.</summary>
    [RequireComponent(typeof(TalkwireFace))]
    public sealed class Greeter : MonoBehaviour
    {
        [Tooltip("Its Load Type: Decompress On Load.")]
        [SerializeField] private AudioClip _greeting;

        [SerializeField] private Transform _player;

        private TalkwireFace _face;

        private void Start()
        {
            _face = GetComponent<TalkwireFace>();
            _face.Started.AddListener(() => Debug.Log("Started"));
            _face.Ended.AddListener(() => Debug.Log("Ended"));  // once for each line, when its last sample is heard
            _face.Interrupted.AddListener(() => Debug.Log("Interrupted"));
            _face.SetEmotion("joy", 0.6f);
            _face.LookAt(_player != null ? _player : Camera.main != null ? Camera.main.transform : null);
            Greet();
        }

        private void Update()
        {
            if (Input.GetKeyDown(KeyCode.Space))
            {
                Greet();
            }
            if (Input.GetKeyDown(KeyCode.Escape))
            {
                _face.Interrupt();
            }
        }

        private void Greet()
        {
            if (_greeting != null)
            {
                _face.Say(_greeting);
            }
        }
    }
}
