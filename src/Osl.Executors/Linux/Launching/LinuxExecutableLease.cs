using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Files;
using Osl.Interop.Linux;
using Osl.Operations.Facts;

namespace Osl.Executors.Linux;

/// <summary>
/// An executable and the working directory it was looked for from, held open with O_PATH: what was judged is what runs, and where
/// (knowledge/judged-is-run.md).
/// </summary>
internal sealed class LinuxExecutableLease(ExecutableFacts facts, int descriptor, int directory) : ExecutableLease(facts)
{
    private int _fd = descriptor;
    private int _directory = directory;

    /// <summary>Whether it is started by its open file. Scripts are not: the interpreter opens them by path.</summary>
    internal bool RunsByDescriptor => Facts.Interpreter is null;

    /// <summary>The open program; negative when it was let go.</summary>
    internal int Descriptor => _fd;

    /// <summary>The open working directory; negative where it was removed, so that its path is tried, and the error told.</summary>
    internal int Directory => FileStatus.Read(_directory, out var status) == 0 && status.Links > 0 ? _directory : -1;

    public override ExecutableFacts Examine(bool digest) =>
        digest || Facts.Interpreter is not null
            ? Facts with
            {
                IsTrusted = TrustedPath.Examine(Facts.CanonicalPath).IsTrusted,
                Sha256 = digest ? Digest() : null,
            }
            : Facts;

    public override void Dispose()
    {
        Close(ref _fd);
        Close(ref _directory);
    }

    // Null for what can't be read: then no rule with a digest permits it, and one that denies holds.
    private string? Digest()
    {
        var fd = Libc.Open(Interop.Linux.Descriptor.ProcPath(_fd), Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (fd < 0)
        {
            return null;
        }

        using var handle = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void Close(ref int descriptor)
    {
        var fd = Interlocked.Exchange(ref descriptor, -1);
        if (fd >= 0)
        {
            _ = Libc.Close(fd);
        }
    }
}
