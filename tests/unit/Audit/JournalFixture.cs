using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>A directory of its own for one test, and short words for what the tests do with it.</summary>
public abstract class JournalFixture : IAsyncDisposable
{
    /// <summary>The step through what is tried one by one: some of it where each call of a file takes Wine's server (knowledge/wine.md).</summary>
    private protected static readonly int EveryOrSome = OperatingSystem.IsWindows() ? 11 : 1;

    private const string Memory = "/dev/shm";

    protected JournalFixture()
    {
        // In memory where that is possible: some tests open thousands of segments, each with its syncs.
        Root =
            OperatingSystem.IsLinux() && Directory.Exists(Memory)
                ? Directory.CreateDirectory(Path.Combine(Memory, "osl-journal-" + Guid.NewGuid().ToString("N"))).FullName
                : Directory.CreateTempSubdirectory("osl-journal-").FullName;
        Dir = Path.Combine(Root, "audit");
    }

    protected string Root { get; }

    protected string Dir { get; }

    internal static AuditJournalOptions Tiny { get; } = new() { SegmentSize = 8192, ZeroAhead = 1024 };

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
        return default;
    }

    internal AuditJournal Open(AuditJournalOptions? options = null, string? directory = null) =>
        AuditJournal.Open(directory ?? Dir, options).OrThrow();

    internal static AuditRecord Record(string reason) =>
        new()
        {
            Type = AuditRecordType.Intent,
            Time = DateTimeOffset.UnixEpoch,
            Operation = OperationId.New(DateTimeOffset.UnixEpoch.AddDays(1)),
            OperationType = "spawn_process",
            Reason = reason,
        };

    internal static async Task<long> Append(AuditJournal journal, string reason, AuditGuarantee guarantee = AuditGuarantee.Written) =>
        (await journal.AppendAsync(Record(reason), guarantee).OrThrow()).Index;

    internal async Task Fill(int count, AuditJournalOptions? options = null, string prefix = "r")
    {
        await using var journal = Open(options);
        for (var i = 0; i < count; i++)
        {
            await Append(journal, prefix + i);
        }
    }

    internal List<AuditEntry> Entries(AuditReadOptions? options = null) => [.. new AuditReader(Dir).Read(options)];

    internal List<string?> Reasons() =>
        [.. Entries().Select(entry => entry.Problem is null ? entry.Record!.Reason : entry.Problem.ToString())];

    internal JournalVerification Verify() => JournalVerifier.Verify(Dir);

    internal void AssertReasons(IEnumerable<string> expected) => Assert.Equal(expected, Reasons(), StringComparer.Ordinal);

    internal static Task InParallel(int count, Func<int, Task> body) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => body(i), TestContext.Current.CancellationToken)));

    internal void AssertClean(long records)
    {
        var verification = Verify();
        Assert.Empty(verification.Findings);
        Assert.Equal(JournalVerdict.Clean, verification.Verdict);
        Assert.Equal(records, verification.Records);
    }

    /// <summary>Reads a file that a journal has open, which on Windows each must allow the other.</summary>
    internal static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Writes over a file that a journal has open.</summary>
    internal static void WriteShared(string path, byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.SetLength(0);
        file.Write(bytes);
    }

    internal string Segment(long number) => Path.Combine(Dir, JournalFormat.SegmentName(number));
}
