using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

/// <summary>A segment opened to be read, with its header if that is whole.</summary>
internal sealed class SegmentFile : IDisposable
{
    private SegmentFile(IJournalStorage storage, SafeFileHandle file, long number)
    {
        Storage = storage;
        File = file;
        Number = number;
        Header = SegmentHeader.TryRead(HeaderBytes.AsSpan(0, storage.Read(file, HeaderBytes, 0)), out var problem);
        HeaderProblem = problem;
    }

    internal IJournalStorage Storage { get; }

    internal SafeFileHandle File { get; }

    internal long Number { get; }

    internal byte[] HeaderBytes { get; } = new byte[JournalFormat.HeaderSize];

    internal SegmentHeader? Header { get; }

    /// <summary>What is wrong with the header, when there is none.</summary>
    internal string HeaderProblem { get; }

    internal long Length => Storage.Length(File);

    /// <summary>Why it is not to be read, because it is larger than a segment can be; null otherwise.</summary>
    internal string? SizeProblem => JournalFormat.SizeProblem(Length);

    /// <summary>Opens one; null when it is not there, or can't be read, and then <paramref name="problem"/> says why.</summary>
    internal static SegmentFile? TryOpen(IJournalStorage storage, string directory, long number, out string? problem)
    {
        problem = null;
        SafeFileHandle? file = null;
        try
        {
            file = storage.Open(Path.Combine(directory, JournalFormat.SegmentName(number)), write: false);
            return file is null ? null : new SegmentFile(storage, file, number);
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            file?.Dispose();
            problem = failure.Message;
            return null;
        }
    }

    /// <summary>The header of a segment; null when it is not there or not whole.</summary>
    internal static SegmentHeader? PeekHeader(IJournalStorage storage, string directory, long number)
    {
        using var segment = TryOpen(storage, directory, number, out _);
        return segment?.Header is { } header && header.Number == number ? header : null;
    }

    /// <summary>The numbers of all segments, the lowest first.</summary>
    internal static long[] Numbers(IJournalStorage storage, string directory) =>
        [.. storage.List(directory).Select(JournalFormat.SegmentNumber).Where(number => number >= 0).Order()];

    internal SegmentScanner Scan() => new(Storage, File, JournalFormat.HeaderSize);

    public void Dispose() => File.Dispose();
}
