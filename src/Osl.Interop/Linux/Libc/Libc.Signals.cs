namespace Osl.Interop.Linux;

/// <summary>The numbers of signals (signal(7)) on x86-64 and arm64, for native calls. The one place where they stand below Osl.Operations.</summary>
internal static partial class Libc
{
    internal const int SIGHUP = 1;
    internal const int SIGINT = 2;
    internal const int SIGQUIT = 3;
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;
    internal const int SIGCHLD = 17;
    internal const int SIGCONT = 18;
    internal const int SIGSTOP = 19;
    internal const int SIGTSTP = 20;
    internal const int SIGTTIN = 21;
    internal const int SIGTTOU = 22;
    internal const int SIGURG = 23;
    internal const int SIGXFSZ = 25;
    internal const int SIGWINCH = 28;
}
