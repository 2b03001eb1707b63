using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>The storage of this platform, with failures where a test asks for them.</summary>
internal sealed class FaultyStorage : IJournalStorage
{
    private static readonly IJournalStorage Inner = JournalStorage.ForThisPlatform;
    private long _bytesRead;
    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);

    /// <summary>Asked before every call that changes something: its name, and the file's name if there is one.</summary>
    public Func<string, bool>? Fails { get; set; }

    /// <summary>How many bytes of a failing write reach the file.</summary>
    public int Torn { get; set; }

    /// <summary>Called before the lock is tried.</summary>
    public Action? BeforeTryLock { get; set; }

    /// <summary>Called before the lock is waited for.</summary>
    public Action? BeforeLock { get; set; }

    /// <summary>Called when the lock was given back.</summary>
    public Action? AfterUnlock { get; set; }

    /// <summary>How much was read so far.</summary>
    public long BytesRead
    {
        get => Interlocked.Read(ref _bytesRead);
        set => Interlocked.Exchange(ref _bytesRead, value);
    }

    public UInt128 Boot { get; set; } = Inner.Boot;

    public long User => Inner.User;

    public int Count(string call) => _calls.GetValueOrDefault(call);

    public string? Prepare(string directory) => Inner.Prepare(directory);

    public SafeFileHandle? Open(string path, bool write) => Inner.Open(path, write);

    public SafeFileHandle OpenOrCreate(string path) => Inner.OpenOrCreate(path);

    public SafeFileHandle CreateNew(string path, bool isPublic = false)
    {
        Ask(nameof(CreateNew));
        return Inner.CreateNew(path, isPublic);
    }

    public IEnumerable<string> List(string directory) => Inner.List(directory);

    public long Length(SafeFileHandle file) => Inner.Length(file);

    public int Read(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var count = Inner.Read(file, buffer, offset);
        Interlocked.Add(ref _bytesRead, count);
        return count;
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> data, long offset)
    {
        try
        {
            Ask(nameof(Write));
        }
        catch (IOException)
        {
            Inner.Write(file, data[..Math.Min(Torn, data.Length)], offset);
            throw;
        }

        Inner.Write(file, data, offset);
    }

    public void Sync(SafeFileHandle file)
    {
        Ask(nameof(Sync));
        Inner.Sync(file);
    }

    public void Rename(string from, string to)
    {
        Ask(nameof(Rename));
        Inner.Rename(from, to);
    }

    public void Replace(string from, string to)
    {
        Ask(nameof(Replace));
        Inner.Replace(from, to);
    }

    public void SyncDirectory(string directory)
    {
        Ask(nameof(SyncDirectory));
        Inner.SyncDirectory(directory);
    }

    public void Delete(string path) => Inner.Delete(path);

    public bool TryLock(SafeFileHandle file)
    {
        BeforeTryLock?.Invoke();
        return Inner.TryLock(file);
    }

    public void Lock(SafeFileHandle file)
    {
        BeforeLock?.Invoke();
        Inner.Lock(file);
    }

    public void Unlock(SafeFileHandle file)
    {
        Inner.Unlock(file);
        AfterUnlock?.Invoke();
    }

    private void Ask(string call)
    {
        _calls.AddOrUpdate(call, 1, static (_, count) => count + 1);
        if (Fails?.Invoke(call) == true)
        {
            throw new IOException($"{call} failed (injected)");
        }
    }
}
