using System.Buffers.Binary;
using System.Text;
using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Executors.Linux;

/// <summary>Why a program could not be executed in its sandbox: execve(2) answers EACCES, be it for the program or for what runs it.</summary>
internal static class SandboxErrors
{
    private const int HeaderBytes = 4096;
    private const int ProgramHeadersAt = 32;
    private const int ProgramHeaderSizeAt = 54;
    private const int ProgramHeaderCountAt = 56;
    private const int SegmentOffsetAt = 8;
    private const int SegmentSizeAt = 32;
    private const int LoaderSegment = 3;
    private const int Is64BitAt = 4;
    private const int MostInterpreters = 5;

    /// <summary>What of it lies outside of what may be executed; null when the sandbox is not to blame.</summary>
    internal static SpawnFailed? NotExecutable(LaunchPlan plan)
    {
        if (plan.Sandbox is not LinuxSandbox sandbox)
        {
            return null;
        }

        var path = plan.Executable.Facts.CanonicalPath;
        var outside = Needed(path).Where(needed => !sandbox.MayExecute(needed)).ToList();
        return outside.Count == 0
            ? null
            : new SpawnFailed(
                $"'{plan.Executable.Facts.Path}': its sandbox does not let it execute {string.Join(" and ", outside.Select(file => $"'{file}'"))}",
                Errno.EACCES,
                nameof(Errno.EACCES),
                "Let it execute these, or the directories they are in; most programs need their libraries too (--exec /usr)."
            );
    }

    /// <summary>The program, the interpreters of scripts, and the loader that the kernel starts for it (PT_INTERP, elf(5)), by real paths.</summary>
    private static IEnumerable<string> Needed(string path)
    {
        for (var depth = 0; depth <= MostInterpreters; depth++)
        {
            yield return path;
            if (ExecutableResolver.InterpreterOf(path) is not { } interpreter)
            {
                break;
            }

            path = RealPath(interpreter);
        }

        if (LoaderOf(path) is { } loader)
        {
            yield return RealPath(loader);
        }
    }

    private static string RealPath(string path)
    {
        var fd = Libc.Open(path, Libc.O_PATH | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return path;
        }

        var real = Descriptor.RealPath(fd);
        _ = Libc.Close(fd);
        return real ?? path;
    }

    private static string? LoaderOf(string path)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        try
        {
            using var file = File.OpenHandle(path);
            header = header[..RandomAccess.Read(file, header, 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who may not read it can't be told more.
            return null;
        }

        if (header.Length < ProgramHeaderCountAt + 2 || !header.StartsWith("\u007fELF\u0002"u8) || header[Is64BitAt] != 2)
        {
            return null;
        }

        var start = BinaryPrimitives.ReadUInt64LittleEndian(header[ProgramHeadersAt..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[ProgramHeaderSizeAt..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[ProgramHeaderCountAt..]);
        for (var i = 0; i < count && start + (ulong)((i + 1) * size) <= (ulong)header.Length && size > SegmentSizeAt + sizeof(ulong); i++)
        {
            var segment = header.Slice((int)start + (i * size), size);
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) != LoaderSegment)
            {
                continue;
            }

            var at = BinaryPrimitives.ReadUInt64LittleEndian(segment[SegmentOffsetAt..]);
            var length = BinaryPrimitives.ReadUInt64LittleEndian(segment[SegmentSizeAt..]);
            return at < (ulong)header.Length && length < (ulong)header.Length - at
                ? Encoding.UTF8.GetString(header.Slice((int)at, (int)length)).TrimEnd('\0')
                : null;
        }

        return null;
    }
}
