using UnityEngine;

namespace Talkwire
{
    /// <summary>In Play, and in a built player, heads are made by Burst where they can be; in edit mode by our own
    /// threads.</summary>
    internal static class BurstOffer
    {
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        internal static void Make()
        {
            HeadMakers.Fast = head => new BurstMaker(head);
        }
    }
}
