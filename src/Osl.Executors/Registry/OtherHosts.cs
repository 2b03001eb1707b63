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
        var system = RegistrySystem.Current;
        var scan = new LiveScan(system);
        List<HostFile> files = [];
        try
        {
            foreach (var path in Directory.EnumerateFiles(directory, "*" + SlotFile.Extension))
            {
                if (!string.Equals(path, own, StringComparison.Ordinal) && system.Open(path) is { } opened)
                {
                    files.Add(new HostFile(path, opened));
                    Judge(files[^1], system, scan);
                }
            }

            var living = scan.Complete();
            foreach (var file in files)
            {
                if (file.MayGo && !living.Exists(found => ReferenceEquals(found.Source, file)))
                {
                    system.Remove(file.Opened.File, file.Path);
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

    private static void Judge(HostFile file, IRegistrySystem system, LiveScan scan)
    {
        try
        {
            file.MayGo = ReadLines(file, system, scan) && file.Opened.IsDead;
        }
        catch (IOException)
        {
            // This file can't be read; the others can.
            file.MayGo = false;
        }
    }

    /// <returns>Whether a dead host's file may be removed once nobody of it is alive.</returns>
    private static bool ReadLines(HostFile file, IRegistrySystem system, LiveScan scan)
    {
        var buffer = new byte[Math.Min(MaxLength, RandomAccess.GetLength(file.Opened.File))];
        var content = buffer.AsSpan(0, ReadAll(file, buffer));
        if (content.IsEmpty)
        {
            // A host that died between making its file and writing the header.
            return true;
        }

        if (SlotHeader.Read(content) is not { } header)
        {
            return false;
        }

        if (!string.Equals(header.BootId, system.BootId, StringComparison.Ordinal))
        {
            return true;
        }

        if (header.PidNamespace != system.PidNamespace)
        {
            // Its numbers mean nothing here; whether anybody of it lives can be judged only there.
            return false;
        }

        for (var at = SlotLine.Length; at + SlotLine.Length <= content.Length; at += SlotLine.Length)
        {
            // What a living host has merely prepared has no process yet, as far as anybody can tell.
            if (SlotLine.TryRead(content.Slice(at, SlotLine.Length), out var line) && (file.Opened.IsDead || !line.IsPrepared))
            {
                scan.Add(line, header.HostPid, file);
            }
        }

        return true;
    }

    private static int ReadAll(HostFile file, Span<byte> buffer)
    {
        var length = 0;
        while (length < buffer.Length)
        {
            var read = RandomAccess.Read(file.Opened.File, buffer[length..], length);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return length;
    }

    /// <summary>One file, open.</summary>
    private sealed class HostFile(string path, ForeignSlots opened) : IDisposable
    {
        internal string Path { get; } = path;

        internal ForeignSlots Opened { get; } = opened;

        /// <summary>Whether its host is dead, and it is a file of this boot and namespace or worthless.</summary>
        internal bool MayGo { get; set; }

        public void Dispose() => Opened.File.Dispose();
    }
}
