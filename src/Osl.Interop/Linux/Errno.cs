using System.Globalization;

namespace Osl.Interop.Linux;

/// <summary>Error numbers (errno(3)); the values are Linux's on x86-64 and arm64.</summary>
internal static class Errno
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int ESRCH = 3;
    internal const int EINTR = 4;
    internal const int EIO = 5;
    internal const int ENXIO = 6;
    internal const int E2BIG = 7;
    internal const int ENOEXEC = 8;
    internal const int EBADF = 9;
    internal const int ECHILD = 10;
    internal const int EAGAIN = 11;
    internal const int ENOMEM = 12;
    internal const int EACCES = 13;
    internal const int EBUSY = 16;
    internal const int EEXIST = 17;
    internal const int ENODEV = 19;
    internal const int ENOTDIR = 20;
    internal const int EISDIR = 21;
    internal const int EINVAL = 22;
    internal const int ENFILE = 23;
    internal const int EMFILE = 24;
    internal const int ENOTTY = 25;
    internal const int ETXTBSY = 26;
    internal const int EFBIG = 27;
    internal const int ENOSPC = 28;
    internal const int EROFS = 30;
    internal const int EPIPE = 32;
    internal const int ERANGE = 34;
    internal const int ENAMETOOLONG = 36;
    internal const int ENOSYS = 38;
    internal const int ELOOP = 40;
    internal const int EBADFD = 77;
    internal const int EOPNOTSUPP = 95;
    internal const int EDQUOT = 122;

    /// <summary>The symbolic name, or the number.</summary>
    internal static string Name(int errno) =>
        errno switch
        {
            EPERM => nameof(EPERM),
            ENOENT => nameof(ENOENT),
            ESRCH => nameof(ESRCH),
            EINTR => nameof(EINTR),
            EIO => nameof(EIO),
            ENXIO => nameof(ENXIO),
            E2BIG => nameof(E2BIG),
            ENOEXEC => nameof(ENOEXEC),
            EBADF => nameof(EBADF),
            ECHILD => nameof(ECHILD),
            EAGAIN => nameof(EAGAIN),
            ENOMEM => nameof(ENOMEM),
            EACCES => nameof(EACCES),
            EBUSY => nameof(EBUSY),
            EEXIST => nameof(EEXIST),
            ENODEV => nameof(ENODEV),
            ENOTDIR => nameof(ENOTDIR),
            EISDIR => nameof(EISDIR),
            EINVAL => nameof(EINVAL),
            ENFILE => nameof(ENFILE),
            EMFILE => nameof(EMFILE),
            ENOTTY => nameof(ENOTTY),
            ETXTBSY => nameof(ETXTBSY),
            EFBIG => nameof(EFBIG),
            ENOSPC => nameof(ENOSPC),
            EROFS => nameof(EROFS),
            EPIPE => nameof(EPIPE),
            ERANGE => nameof(ERANGE),
            ENAMETOOLONG => nameof(ENAMETOOLONG),
            ENOSYS => nameof(ENOSYS),
            ELOOP => nameof(ELOOP),
            EBADFD => nameof(EBADFD),
            EOPNOTSUPP => nameof(EOPNOTSUPP),
            EDQUOT => nameof(EDQUOT),
            _ => string.Create(CultureInfo.InvariantCulture, $"errno {errno}"),
        };
}
