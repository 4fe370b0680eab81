using UnityEngine;

namespace Talkwire.Samples
{
    /// <summary>On an empty object: heads in rows, each an NPC of its own, that say the clip one after the
    /// other.</summary>
    public sealed class Crowd : MonoBehaviour
    {
        [SerializeField] private string _endpoint = "tcp://127.0.0.1:5556";

        [Range(1, 64)]
        [SerializeField] private int _count = 16;

        [SerializeField] private float _spacing = 0.5f;

        [Tooltip("Its Load Type: Decompress On Load.")]
        [SerializeField] private AudioClip _clip;

        private TalkwireFace[] _faces;
        private int _next;

        private void Start()
        {
            _faces = new TalkwireFace[_count];
            int columns = Mathf.CeilToInt(Mathf.Sqrt(_count));
            for (int i = 0; i < _count; i++)
            {
                var one = new GameObject("crowd-" + i);
                one.SetActive(false);  // until it has its settings
                one.transform.SetParent(transform, false);
                one.transform.localPosition = new Vector3(i % columns - columns / 2, 0, i / columns) * _spacing;
                one.transform.localRotation = Quaternion.Euler(0, 180, 0);
                _faces[i] = one.AddComponent<TalkwireFace>();
                _faces[i].Endpoint = _endpoint;
                _faces[i].Npc = one.name;
                _faces[i].Ended.AddListener(Next);
                one.SetActive(true);
            }
            gameObject.AddComponent<TalkwireStatistics>();
            Next();
        }

        private void Next()
        {
            if (_clip != null)
            {
                _faces[_next++ % _count].Say(_clip);
            }
        }
    }
}
