using System.IO.Pipes;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>
/// A pipe whose one end is ours and overlapped, so that no thread waits for it, and whose other end is a child's and plain, since most
/// programs can't use another. Only named pipes can be overlapped: the name is random, nobody can have made it before, no other machine
/// and no other account can open it, and there is one instance only.
/// </summary>
internal static class OverlappedPipe
{
    private const uint BufferSize = 64 * 1024;

    /// <summary>Makes both ends.</summary>
    /// <param name="weRead">Whether the child writes.</param>
    /// <param name="theirs">The child's end, to be inherited.</param>
    /// <param name="error">The Win32 code, or 0.</param>
    /// <returns>Our end; null when it could not be made.</returns>
    internal static unsafe NamedPipeServerStream? TryCreate(bool weRead, out Win32Handle? theirs, out int error)
    {
        theirs = null;
        var name = $@"\\.\pipe\osl-{RandomNumberGenerator.GetHexString(32, lowercase: true)}";
        using var ours = CreateServer(name, weRead, out error);
        if (ours is null)
        {
            return null;
        }

        var inherited = new SecurityAttributes { Length = (uint)sizeof(SecurityAttributes), InheritHandle = 1 };
        // Anonymous: whoever might stand at the other end learns nothing of us.
        var client = Kernel32.CreateFile(
            name,
            weRead ? Kernel32.GENERIC_WRITE : Kernel32.GENERIC_READ,
            0,
            &inherited,
            Kernel32.OPEN_EXISTING,
            Kernel32.SECURITY_SQOS_PRESENT,
            0
        );
        error = client.IsInvalid ? Win32Error.Last : 0;
        if (error != 0)
        {
            client.Dispose();
            return null;
        }

        theirs = client;
        return new NamedPipeServerStream(
            weRead ? PipeDirection.In : PipeDirection.Out,
            isAsync: true,
            isConnected: true,
            new SafePipeHandle(ours.Take(), ownsHandle: true)
        );
    }

    private static unsafe Win32Handle? CreateServer(string name, bool weRead, out int error)
    {
        if (SecurityDescriptor.OwnerOnly is not { Length: > 0 } descriptor)
        {
            error = Win32Error.ERROR_INVALID_SECURITY_DESCR;
            return null;
        }

        fixed (byte* start = descriptor)
        {
            var security = new SecurityAttributes { Length = (uint)sizeof(SecurityAttributes), Descriptor = (nint)start };
            var server = Kernel32.CreateNamedPipe(
                name,
                (weRead ? Kernel32.PIPE_ACCESS_INBOUND : Kernel32.PIPE_ACCESS_OUTBOUND)
                    | Kernel32.FILE_FLAG_FIRST_PIPE_INSTANCE
                    | Kernel32.FILE_FLAG_OVERLAPPED,
                Kernel32.PIPE_REJECT_REMOTE_CLIENTS,
                1,
                BufferSize,
                BufferSize,
                0,
                &security
            );
            error = server.IsInvalid ? Win32Error.Last : 0;
            if (error == 0)
            {
                return server;
            }

            server.Dispose();
            return null;
        }
    }
}
