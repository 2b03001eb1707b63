using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Osl.Operations;

namespace Osl.Executors.Registry;

/// <summary>
/// The file of one host: a header and slots, mapped into memory; or the same without a name, seen by the guardian only.
/// Not thread-safe: <see cref="LaunchRegistry"/> calls it under its lock.
/// </summary>
/// <remarks>
/// It grows by whole chunks that are first <em>written</em>, so that a full disk is an error here and no SIGBUS at a store later.
/// What tells others that its host lives is the system's own (<see cref="IRegistrySystem.Create"/>).
/// </remarks>
internal sealed class SlotFile : IDisposable
{
    internal const string Extension = ".slots";

    /// <summary>More than any host has children; also bounds what is read of another host's file.</summary>
    internal const int MaxSlots = 65_535;

    private const int LinesPerChunk = 256;
    private const int ChunkLength = LinesPerChunk * SlotLine.Length;
    private const int Attempts = 64;

    private readonly IRegistrySystem _system;
    private readonly SafeFileHandle? _file;
    private readonly string? _path;
    private readonly SlotHeader _header;
    private readonly List<MappedChunk> _chunks = [];

    private SlotFile(IRegistrySystem system, SafeFileHandle? file, string? path, SlotHeader header)
    {
        _system = system;
        _file = file;
        _path = path;
        _header = header;
    }

    /// <summary>The descriptor, valid until this is disposed. On Linux only.</summary>
    internal int Descriptor => (int)_file!.DangerousGetHandle();

    /// <summary>Null in memory.</summary>
    internal string? Path => _path;

    /// <summary>How many slots there are; they are numbered from 1, as the header is line 0.</summary>
    internal int Slots => Math.Max(0, (_chunks.Count * LinesPerChunk) - 1);

    /// <summary>Makes a host's file, with its first slots.</summary>
    /// <param name="system">The system's part.</param>
    /// <param name="directory">Where; null for memory.</param>
    /// <param name="header">Whose.</param>
    internal static OneOf<SlotFile, OperationError> Create(IRegistrySystem system, string? directory, SlotHeader header)
    {
        var opened = directory is null ? InMemory(system, header) : InDirectory(system, directory, header);
        if (!opened.TryPickT0(out var file, out var error))
        {
            return error;
        }

        if (file.Grow() is not { } failure)
        {
            return file;
        }

        file.Close(remove: true);
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

        var offset = (long)_chunks.Count * ChunkLength;
        if (_file is not null && _system.Extend(_file, chunk, offset) is { } unwritten)
        {
            return unwritten;
        }

        try
        {
            _chunks.Add(_file is null ? MappedChunk.InMemory(chunk) : MappedChunk.Of(_file, offset, ChunkLength));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            return RegistrySystem.Failed(e.HResult, e.Message);
        }
    }

    /// <summary>The mapped line of a slot.</summary>
    internal Span<byte> Line(int slot) => _chunks[slot / LinesPerChunk].Span.Slice(slot % LinesPerChunk * SlotLine.Length, SlotLine.Length);

    /// <summary>Unmaps and closes, from when on its host counts as dead.</summary>
    /// <param name="remove">Whether to take its name away as well.</param>
    internal void Close(bool remove)
    {
        _chunks.ForEach(chunk => chunk.Dispose());
        _chunks.Clear();
        if (remove && _file is { IsClosed: false } && _path is not null)
        {
            _system.Remove(_file, _path);
        }

        _file?.Dispose();
    }

    public void Dispose() => Close(remove: false);

    private static OneOf<SlotFile, OperationError> InMemory(IRegistrySystem system, SlotHeader header) =>
        system.CreateUnnamed(out var file) is { } error ? error : new SlotFile(system, file, null, header);

    private static OneOf<SlotFile, OperationError> InDirectory(IRegistrySystem system, string directory, SlotHeader header)
    {
        if (system.Prepare(directory) is { } refusal)
        {
            return refusal;
        }

        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // The second name is for a second registry of one process, or a leftover of another boot or pid namespace.
            var name = string.Create(
                CultureInfo.InvariantCulture,
                $"{header.HostPid}-{header.HostStartTime}{(attempt == 0 ? "" : $"-{attempt}")}{Extension}"
            );
            var path = System.IO.Path.Combine(directory, name);
            if (system.Create(path, out var file) is { } error)
            {
                return error;
            }

            if (file is not null)
            {
                return new SlotFile(system, file, path, header);
            }
        }

        return new Unsupported($"a registry in '{directory}': no free name", "Remove leftover *.slots files of no running host there.");
    }
}
