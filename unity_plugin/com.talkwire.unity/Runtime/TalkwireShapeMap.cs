using System;
using UnityEngine;

namespace Talkwire
{
    /// <summary>Which shape of a character is which of ARKit's, where names differ, and how far it goes.</summary>
    [CreateAssetMenu(menuName = "talkwire/Shape Map", fileName = "Shapes")]
    public sealed class TalkwireShapeMap : ScriptableObject
    {
        [SerializeField] private Entry[] _entries = { };

        [Serializable]
        public struct Entry
        {
            [Tooltip("Of ARKit: jawOpen.")]
            public string Shape;

            [Tooltip("Of the character; empty: it has none.")]
            public string Name;

            [Tooltip("Of the weight; 1 is as it comes.")]
            public float Gain;
        }

        public Entry[] Entries
        {
            get { return _entries; }
            set { _entries = value; }
        }

        /// <summary>What it says of a character's shape; false: nothing.</summary>
        internal bool Find(string name, out int arkit, out float gain)
        {
            foreach (Entry entry in _entries)
            {
                if (entry.Name == name)
                {
                    arkit = Array.IndexOf(ShapeNames.Arkit, entry.Shape);
                    gain = entry.Gain;
                    return arkit >= 0;
                }
            }
            arkit = -1;
            gain = 0;
            return false;
        }

        /// <summary>Whether it says that another shape of the character is this one, or none.</summary>
        internal bool Claims(int arkit)
        {
            foreach (Entry entry in _entries)
            {
                if (arkit >= 0 && entry.Shape == ShapeNames.Arkit[arkit])
                {
                    return true;
                }
            }
            return false;
        }
    }
}
