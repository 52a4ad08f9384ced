#pragma once
// Result<T>: what every fallible function returns (docs/adr/0001). std::expected is C++23 and
// missing from libstdc++ 12 in C++20 mode, so this is tl::expected (Debian: libexpected-dev).

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace quietus {

/// What kind of failure, as far as a caller may act on it. One list for the whole program: each
/// value maps to one exit status (base/exit_status.h) and one paragraph of quietus(8).
enum class ErrorCode {
    usage,         ///< The call itself is wrong: fix the command line.
    bad_evidence,  ///< Order, manifest or evidence is malformed, or the drive is not the one named.
    not_authentic,  ///< The question had the answer "no": a signature or digest does not hold.
    unsupported,    ///< The drive, or the road to it, cannot do what is asked.
    internal,       ///< A broken assumption of ours, or evidence that contradicts itself.
    evidence_incomplete,  ///< The erase is done, its evidence is not yet complete.
    io,                   ///< The host side failed: a file, a disk full, a broken pipe.
    busy,                 ///< Try later: somebody holds what we need.
    refused,              ///< A guard, or a missing authorisation, said no.
    config,               ///< Configuration, or the clock.
    interrupted,          ///< SIGINT or SIGTERM (sys_errno holds the signal's number).
};

/// A failure, ready to be shown: "context: context: message", and what to do about it.
struct [[nodiscard]] Error {
    ErrorCode code{ErrorCode::internal};
    std::string message;
    int sys_errno{0};
    std::string hint;

    Error with_context(std::string_view context) && {
        message.insert(0, std::string{context} + ": ");
        return std::move(*this);
    }
};

/// Failure of a system call, with errno's text; `what` names the call and its object.
Error sys_error(std::string_view what, int saved_errno);

template <class T>
using Result = tl::expected<T, Error>;

/// The value inside a Result that holds one; tl::expected 1.0 has no value() for void.
template <class T>
T take(Result<T>&& result) {
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

/// `return failure(ErrorCode::busy, "…", "remedy")` in a function that returns any Result.
inline tl::unexpected<Error> failure(ErrorCode code, std::string message, std::string hint = {}) {
    return tl::unexpected{Error{
        .code = code, .message = std::move(message), .sys_errno = 0, .hint = std::move(hint)}};
}

/// `return sys_failure("open /x", errno)`: the same for a system call.
inline tl::unexpected<Error> sys_failure(std::string_view what, int saved_errno) {
    return tl::unexpected{sys_error(what, saved_errno)};
}

/// Stops the program when an assumption of ours does not hold; on in every build, because a stopped
/// erase beats a wrong one. The exit is abort(), which cli.md defines as "unknown".
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace quietus

#define QUIETUS_CHECK(expression) \
    ((expression) ? static_cast<void>(0) : ::quietus::check_failed(#expression, __FILE__, __LINE__))

// QUIETUS_TRY(expr): the value of a Result, or return its Error from this function.
// QUIETUS_TRY_CONTEXT(expr, "while ..."): the same, saying what we were doing.
// Each use has a variable of its own, so that one may stand inside another. None stands within a
// braced initialiser: g++ and clang++ leak the members built before it when it returns.
// clang-format off
#define QUIETUS_JOIN_(a, b) a##b
#define QUIETUS_JOIN(a, b) QUIETUS_JOIN_(a, b)
#define QUIETUS_TRY_(name, expr)                                               \
    __extension__({                                                            \
        auto name = (expr);                                                    \
        if (!name) return tl::unexpected{std::move(name).error()};             \
        ::quietus::take(std::move(name));                                      \
    })
#define QUIETUS_TRY_CONTEXT_(name, expr, context)                                          \
    __extension__({                                                                        \
        auto name = (expr);                                                                \
        if (!name) return tl::unexpected{std::move(name).error().with_context(context)};   \
        ::quietus::take(std::move(name));                                                  \
    })
#define QUIETUS_TRY(expr) QUIETUS_TRY_(QUIETUS_JOIN(quietus_try_, __COUNTER__), expr)
#define QUIETUS_TRY_CONTEXT(expr, context) QUIETUS_TRY_CONTEXT_(QUIETUS_JOIN(quietus_try_, __COUNTER__), expr, context)
// clang-format on
