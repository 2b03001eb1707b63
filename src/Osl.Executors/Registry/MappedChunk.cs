using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Osl.Executors.Registry;

/// <summary>A part of a file, mapped and shared with all who map or read it; or as much memory of our own.</summary>
internal sealed unsafe class MappedChunk : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _length;

    private MappedChunk(MemoryMappedFile map, long offset, int length)
    {
        _map = map;
        try
        {
            _view = map.CreateViewAccessor(offset, length);
        }
        catch
        {
            map.Dispose();
            throw;
        }

        _length = length;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    internal Span<byte> Span => new(_start, _length);

    /// <summary>Maps a part that is there already.</summary>
    /// <exception cref="IOException">It can't be mapped.</exception>
    internal static MappedChunk Of(SafeFileHandle file, long offset, int length) =>
        new(
            MemoryMappedFile.CreateFromFile(
                file,
                mapName: null,
                capacity: 0,
                MemoryMappedFileAccess.ReadWrite,
                HandleInheritability.None,
                leaveOpen: true
            ),
            offset,
            length
        );

    /// <summary>Memory that begins as this.</summary>
    internal static MappedChunk InMemory(ReadOnlySpan<byte> content)
    {
        var chunk = new MappedChunk(MemoryMappedFile.CreateNew(mapName: null, content.Length), 0, content.Length);
        content.CopyTo(chunk.Span);
        return chunk;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
