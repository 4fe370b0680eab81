using System;
using System.Net;

namespace Talkwire.Core
{
    /// <summary>A machine's address, looked up in the background. One thread calls; nothing of it waits or throws.
    /// </summary>
    internal sealed class Resolver
    {
        private IAsyncResult _looking;

        /// <summary>Null: not known yet, or never (Reason).</summary>
        public IPAddress Address { get; private set; }

        /// <summary>Why there is none; null while there may be.</summary>
        public string Reason { get; private set; }

        /// <summary>Begin; Continue says when it is done. host: an address, or a name.</summary>
        public void Look(string host)
        {
            Forget();
            if (string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase))
            {
                host = "127.0.0.1";  // where the server listens
            }
            IPAddress address;
            if (IPAddress.TryParse(host, out address))
            {
                Address = address;
                return;
            }
            try
            {
                _looking = Dns.BeginGetHostAddresses(host, null, null);
            }
            catch (Exception error)  // a name that is none, by whatever the platform throws
            {
                Reason = error.Message;
            }
        }

        /// <summary>Look how it goes.</summary>
        public void Continue()
        {
            if (_looking == null || !_looking.IsCompleted)
            {
                return;
            }
            try
            {
                IPAddress[] found = Dns.EndGetHostAddresses(_looking);
                Address = found.Length > 0 ? Preferred(found) : null;
                Reason = found.Length > 0 ? null : "the name has no address";
            }
            catch (Exception error)
            {
                Reason = error.Message;
            }
            _looking = null;
        }

        /// <summary>A look-up that runs ends by itself, and nobody waits for it.</summary>
        public void Forget()
        {
            _looking = null;
            Address = null;
            Reason = null;
        }

        public static bool IsOfIPv4(IPAddress address)
        {
            return address.GetAddressBytes().Length == 4;
        }

        /// <summary>IPv4 before IPv6: the server listens there unless it was told otherwise.</summary>
        private static IPAddress Preferred(IPAddress[] found)
        {
            foreach (IPAddress address in found)
            {
                if (IsOfIPv4(address))
                {
                    return address;
                }
            }
            return found[0];
        }
    }
}
