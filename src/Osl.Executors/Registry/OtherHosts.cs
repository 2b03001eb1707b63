using Microsoft.Win32.SafeHandles;
using Osl.Interop.Linux;

namespace Osl.Executors.Registry;

/// <summary>
/// The slot files of all hosts but this one. Whatever is in them is a hint: files that are not private regular files of ours and
/// lines that are malformed or torn are passed over; a dead host's file goes when nobody of it is alive.
/// </summary>
internal static class OtherHosts
{
    private const int MaxLength = (SlotFile.MaxSlots + 1) * SlotLine.Length;

    /// <summary>Every living entry of the others, cleaning up on the way.</summary>
    /// <param name="directory">Where the files are.</param>
    /// <param name="own">The path of our own file, which is passed over.</param>
    internal static List<LiveScan.Found> Living(string directory, string? own)
    {
        var scan = new LiveScan();
        List<HostFile> files = [];
        try
        {
            foreach (var path in Directory.EnumerateFiles(directory, "*" + SlotFile.Extension))
            {
                // Non-blocking, lest a planted fifo hold us.
                const int flags = Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC;
                if (!string.Equals(path, own, StringComparison.Ordinal) && Libc.Open(path, flags, 0) is >= 0 and var fd)
                {
                    files.Add(new HostFile(path, fd));
                    Judge(files[^1], scan);
                }
            }

            var living = scan.Complete();
            foreach (var file in files)
            {
                if (
                    file.MayGo
                    && !living.Exists(found => ReferenceEquals(found.Source, file))
                    && SlotFile.IsNamed(file.Descriptor, file.Path)
                )
                {
                    _ = Libc.Unlink(file.Path);
                }
            }

            return living;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The directory is gone or closed to us: nobody is listed there.
            return [];
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    private static void Judge(HostFile file, LiveScan scan)
    {
        var isOurs =
            FileStatus.Read(file.Descriptor, out var status) == 0
            && status.IsRegular
            && status.OwnerUid == Libc.GetEuid()
            && (status.Permissions & 0x3F) == 0;
        if (!isOurs)
        {
            return;
        }

        // The lock first, then the look: nobody else removes the file while we judge it, and a dead host writes no more. Another
        // reader takes us for a living host meanwhile, which only makes it leave the cleaning to us.
        var isDead = FileLock.Take(file.Handle, wait: false) == 0;
        try
        {
            file.MayGo = ReadLines(file, isDead, scan) && isDead;
        }
        catch (IOException)
        {
            // This file can't be read; the others can.
            file.MayGo = false;
        }
    }

    /// <returns>Whether a dead host's file may be removed once nobody of it is alive.</returns>
    private static bool ReadLines(HostFile file, bool isDead, LiveScan scan)
    {
        var buffer = new byte[Math.Min(MaxLength, RandomAccess.GetLength(file.Handle))];
        var content = buffer.AsSpan(0, ReadAll(file.Handle, buffer));
        if (content.IsEmpty)
        {
            // A host that died between making its file and writing the header.
            return true;
        }

        if (SlotHeader.Read(content) is not { } header)
        {
            return false;
        }

        if (!string.Equals(header.BootId, ProcFs.BootId, StringComparison.Ordinal))
        {
            return true;
        }

        if (header.PidNamespace != ProcFs.PidNamespace)
        {
            // Its numbers mean nothing here; whether anybody of it lives can be judged only there.
            return false;
        }

        for (var at = SlotLine.Length; at + SlotLine.Length <= content.Length; at += SlotLine.Length)
        {
            // What a living host has merely prepared has no process yet, as far as anybody can tell.
            if (SlotLine.TryRead(content.Slice(at, SlotLine.Length), out var line) && (isDead || !line.IsPrepared))
            {
                scan.Add(line, header.HostPid, file);
            }
        }

        return true;
    }

    private static int ReadAll(SafeFileHandle file, Span<byte> buffer)
    {
        var length = 0;
        while (length < buffer.Length)
        {
            var read = RandomAccess.Read(file, buffer[length..], length);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return length;
    }

    /// <summary>One file, open.</summary>
    private sealed class HostFile(string path, int descriptor) : IDisposable
    {
        internal string Path { get; } = path;

        internal SafeFileHandle Handle { get; } = new(descriptor, ownsHandle: true);

        internal int Descriptor => (int)Handle.DangerousGetHandle();

        /// <summary>Whether its host is dead, and we hold its lock, and it is a file of this boot and namespace or worthless.</summary>
        internal bool MayGo { get; set; }

        public void Dispose() => Handle.Dispose();
    }
}
