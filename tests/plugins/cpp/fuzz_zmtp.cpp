// Whatever a peer says, in whatever pieces: no crash, no message longer than allowed, nothing after a failure.
#include <cstdint>
#include <cstdlib>

#include "Talkwire/Zmtp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace talkwire;
    static const Pool pool;
    for (const ZmtpRole role : {ZmtpRole::dealer, ZmtpRole::sub}) {
        for (const std::size_t piece : {std::size_t{1}, size + 1}) {
            Zmtp zmtp(role, 4'096, pool);
            for (std::size_t at = 0; at < size; at += piece) {
                Bytes rest = Bytes(data, size).part(at, piece);
                while (!rest.empty() && !zmtp.failure()) {
                    Block message;
                    rest = rest.part(zmtp.receive(rest, message));
                    if (message && message.size() > 4'096) {
                        std::abort();
                    }
                }
            }
            Block message;
            if (zmtp.failure() && (zmtp.receive({data, size}, message) != 0 || message)) {
                std::abort();
            }
            if (zmtp.ready()) {
                zmtp.send({data, size < 300 ? size : 300});
                zmtp.subscribe({data, size < 60 ? size : 60}, true);
            }
            zmtp.sent(zmtp.waiting().size);
        }
    }
    return 0;
}
