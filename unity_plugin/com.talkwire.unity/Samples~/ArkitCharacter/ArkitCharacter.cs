using UnityEngine;

namespace Talkwire.Samples
{
    /// <summary>On the root of a character that has ARKit's shapes: it gets a talkwire face, its head bone turns, and
    /// it says what the microphone hears.</summary>
    [RequireComponent(typeof(TalkwireBlendShapes))]
    public sealed class ArkitCharacter : MonoBehaviour
    {
        private const int RateHz = 16000, KeptS = 10;

        [Tooltip("Empty: of a humanoid, its own.")]
        [SerializeField] private Transform _head;

        [SerializeField] private bool _microphone;

        private readonly float[] _piece = new float[RateHz / 50];  // 20 ms
        private TalkwireBlendShapes _face;
        private AudioClip _heard;
        private int _read;

        private void Start()
        {
            _face = GetComponent<TalkwireBlendShapes>();
            var animator = GetComponent<Animator>();
            bool humanoid = animator != null && animator.isHuman;
            _face.Head = _head != null ? _head : humanoid ? animator.GetBoneTransform(HumanBodyBones.Head) : null;
            Debug.Log(_face.ShapeCount + " shapes of " + name + " move");
            if (_microphone)
            {
                _heard = Microphone.Start(null, true, KeptS, RateHz);
            }
        }

        private void Update()
        {
            int now = _heard != null ? Microphone.GetPosition(null) : _read;
            int waiting = (now - _read + KeptS * RateHz) % (KeptS * RateHz);
            for (; waiting >= _piece.Length; waiting -= _piece.Length)
            {
                _heard.GetData(_piece, _read);
                _face.PushPcm(_piece, RateHz);
                _read = (_read + _piece.Length) % (KeptS * RateHz);
            }
        }

        private void OnDisable()
        {
            if (_heard != null)
            {
                Microphone.End(null);
                _face.EndLine();
            }
        }
    }
}
