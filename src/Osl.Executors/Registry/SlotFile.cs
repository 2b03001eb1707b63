using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Files;
using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Executors.Registry;

/// <summary>
/// The file of one host: a header and slots, mapped into memory; or the same without a name (memfd), seen by the guardian only.
/// Not thread-safe: <see cref="LaunchRegistry"/> calls it under its lock.
/// </summary>
/// <remarks>
/// It grows by whole chunks that are first <em>written</em>, so that a full disk is an error here and no SIGBUS at a store later.
/// The lock belongs to this open file description, which no process shares: it is closed on exec, and the guardian opens the file
/// anew. A child between vfork and exec keeps it a moment longer than its host lives, which only delays the host's being found dead.
/// </remarks>
internal sealed unsafe class SlotFile : IDisposable
{
    internal const string Extension = ".slots";

    /// <summary>More than any host has children; also bounds what is read of another host's file.</summary>
    internal const int MaxSlots = 65_535;

    private const int LinesPerChunk = 256;
    private const int ChunkLength = LinesPerChunk * SlotLine.Length;
    private const int PrivateMode = 0x180; // 0600
    private const int Attempts = 64;

    private readonly SafeFileHandle _file;
    private readonly string? _path;
    private readonly SlotHeader _header;
    private readonly List<nint> _chunks = [];

    private SlotFile(SafeFileHandle file, string? path, SlotHeader header)
    {
        _file = file;
        _path = path;
        _header = header;
    }

    /// <summary>The descriptor, valid until this is disposed.</summary>
    internal int Descriptor => (int)_file.DangerousGetHandle();

    /// <summary>Null in memory.</summary>
    internal string? Path => _path;

    /// <summary>How many slots there are; they are numbered from 1, as the header is line 0.</summary>
    internal int Slots => Math.Max(0, (_chunks.Count * LinesPerChunk) - 1);

    /// <summary>Makes a host's file, locked, with its first slots.</summary>
    /// <param name="directory">Where; null for memory.</param>
    /// <param name="header">Whose.</param>
    internal static OneOf<SlotFile, OperationError> Create(string? directory, SlotHeader header)
    {
        var opened = directory is null ? InMemory(header) : InDirectory(directory, header);
        if (!opened.TryPickT0(out var file, out var error))
        {
            return error;
        }

        if (file.Grow() is not { } failure)
        {
            return file;
        }

        file.Remove();
        file.Dispose();
        return failure;
    }

    /// <summary>Adds free slots.</summary>
    /// <returns>Null, or why there are no more.</returns>
    internal OperationError? Grow()
    {
        if (Slots + LinesPerChunk > MaxSlots)
        {
            return new Unsupported(
                $"more than {Slots} live processes of one host",
                "End some of them, or start the others from another host."
            );
        }

        Span<byte> chunk = new byte[ChunkLength];
        for (var line = 0; line < LinesPerChunk; line++)
        {
            SlotLine.WriteFree(chunk.Slice(line * SlotLine.Length, SlotLine.Length));
        }

        if (_chunks.Count == 0)
        {
            _header.Write(chunk[..SlotLine.Length]);
        }

        var offset = (nint)_chunks.Count * ChunkLength;
        var errno = Interop.Linux.Descriptor.WriteAll(Descriptor, chunk, offset);
        if (errno != 0)
        {
            return Failed(errno);
        }

        var address = Libc.Mmap(0, ChunkLength, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, Descriptor, offset);
        if (address == -1)
        {
            return Failed(Libc.LastError);
        }

        _chunks.Add(address);
        return null;
    }

    /// <summary>The mapped line of a slot.</summary>
    internal Span<byte> Line(int slot) =>
        new((byte*)_chunks[slot / LinesPerChunk] + (slot % LinesPerChunk * SlotLine.Length), SlotLine.Length);

    /// <summary>Takes the file's name away, if it still is this file's.</summary>
    internal void Remove()
    {
        if (_path is not null && IsNamed(Descriptor, _path))
        {
            _ = Libc.Unlink(_path);
        }
    }

    /// <summary>Whether a path leads to this open file, and not to another one that took its place.</summary>
    internal static bool IsNamed(int descriptor, string path) =>
        FileStatus.Read(descriptor, out var open) == 0 && FileStatus.Read(path, out var named) == 0 && open.IsSameFile(named);

    /// <summary>Unmaps and closes, which frees the lock.</summary>
    public void Dispose()
    {
        foreach (var chunk in _chunks)
        {
            _ = Libc.Munmap(chunk, ChunkLength);
        }

        _chunks.Clear();
        _file.Dispose();
    }

    private static OneOf<SlotFile, OperationError> InMemory(SlotHeader header)
    {
        var fd = Libc.MemfdCreate("osl-registry", Libc.MFD_CLOEXEC);
        return fd < 0 ? Failed(Libc.LastError) : new SlotFile(new SafeFileHandle(fd, ownsHandle: true), null, header);
    }

    private static OneOf<SlotFile, OperationError> InDirectory(string directory, SlotHeader header)
    {
        if (Untrusted(directory) is { } refusal)
        {
            return refusal;
        }

        const int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // The second name is for a second registry of one process, or a leftover of another boot or pid namespace.
            var name = string.Create(
                CultureInfo.InvariantCulture,
                $"{header.HostPid}-{header.HostStartTime}{(attempt == 0 ? "" : $"-{attempt}")}{Extension}"
            );
            var path = System.IO.Path.Combine(directory, name);
            var fd = Libc.Open(path, flags, PrivateMode);
            if (fd < 0 && Libc.LastError == Errno.EEXIST)
            {
                continue;
            }

            if (fd < 0)
            {
                return Failed(Libc.LastError);
            }

            var file = new SafeFileHandle(fd, ownsHandle: true);
            if (FileLock.Take(file, wait: true) is var errno and not 0)
            {
                _ = Libc.Unlink(path);
                file.Dispose();
                return Failed(errno);
            }

            // Between the open and the lock, who cleans up may have taken the empty file for a dead host's and removed it.
            if (IsNamed(fd, path))
            {
                return new SlotFile(file, path, header);
            }

            file.Dispose();
        }

        return new Unsupported($"a registry in '{directory}': no free name", "Remove leftover *.slots files of no running host there.");
    }

    /// <summary>Makes the directory if it is missing; null when it can be relied on.</summary>
    private static Unsupported? Untrusted(string directory)
    {
        const string remedy =
            "Name a directory that is yours alone (mode 0700), below directories that belong to root or you and are not writable by others.";
        if (OperatingSystem.IsWindows())
        {
            return new Unsupported("this registry on Windows", "Use the platform's own executor.");
        }

        try
        {
            _ = Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Unsupported($"a registry in '{directory}' ({e.Message.TrimEnd('.')})", remedy);
        }

        var trust = TrustedPath.Examine(directory);
        if (!trust.IsTrusted)
        {
            return new Unsupported($"a registry in '{directory}': {trust.Describe()}", remedy);
        }

        return trust.Owner == Libc.GetEuid() && (trust.Mode & 0x3F) == 0
            ? null
            : new Unsupported($"a registry in '{directory}': it is not ours alone (mode {Convert.ToString(trust.Mode, 8)})", remedy);
    }

    private static SpawnFailed Failed(int errno) =>
        new(
            "the program, since the registry of live groups can't be written",
            errno,
            Errno.Name(errno),
            "Make room in the registry's directory, or allow more open files and memory."
        );
}
