using System.Buffers;
using System.Text;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations;

public sealed class AuditRecordJsonTests
{
    /// <summary>A record with every member.</summary>
    internal static AuditRecord Whole { get; } =
        new()
        {
            Type = AuditRecordType.Intent,
            Time = new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero),
            Operation = Samples.Id,
            Parent = Samples.Id,
            OperationType = "spawn_process",
            Action = "process.start",
            Principal = "alice",
            Reason = "nightly \u202E deploy",
            HostPid = 4711,
            HostUid = 0,
            RequestJson = OperationJson.WriteRaw(Samples.Spawn, ProcessOperationKinds.Spawn, WrittenForm.Audit),
            Decision = PolicyEffect.RequireApproval,
            Rule = "deploy",
            PolicyHash = "builtin-1",
            Executable = new ExecutableFacts("git", "/usr/bin/git", "/usr/bin/git", 2049, 77, 0, 0x1ED, null),
            Target = new TargetFacts(42, IsGroup: true, TargetRelation.OtherPrincipal, 3)
            {
                Principal = "bob",
                StartedBy = Samples.Id,
                OtherUids = [33],
            },
            Elevated = false,
            Outcome = "succeeded",
            Message = "m",
            Effect = "happened",
            Pid = 42,
            Pgid = 42,
            TargetPgid = 43,
            ProcessesAffected = 0,
            ExitCode = 0,
            ExitSignal = "KILL",
            TimeLimitReached = false,
            CpuMicroseconds = 0,
            PeakMemory = 1,
            GapCount = 2,
            GapFrom = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero),
            GapTo = new DateTimeOffset(2030, 1, 2, 3, 4, 6, TimeSpan.Zero),
            GapOperations = ["a", "b"],
        };

    [Fact]
    public void A_whole_record_survives_being_written()
    {
        Assert.True(AuditRecordJson.TryRead(Bytes(Whole), out var read));
        Assert.Equal(Whole, read);
        Assert.Equal("spawn_process", read.Request?.GetProperty("kind").GetString());
    }

    [Fact]
    public void An_empty_record_names_its_zeros_and_nothing_else() =>
        Assert.Equal(
            """{"v":1,"type":"intent","time":"0001-01-01T00:00:00+00:00","host_pid":0,"host_uid":0}""",
            Encoding.UTF8.GetString(Bytes(new AuditRecord()))
        );

    [Fact]
    public void A_record_of_a_newer_version_can_be_read()
    {
        Assert.True(
            AuditRecordJson.TryRead("""{"v":2,"type":"exit","time":"2030-01-01T00:00:00Z","novel":{"a":[1]},"pid":7}"""u8, out var read)
        );
        Assert.Equal(2, read.V);
        Assert.Equal(7, read.Pid);
        Assert.Equal(AuditRecordType.Exit, read.Type);
    }

    [Fact]
    public void A_record_without_a_version_is_of_the_first()
    {
        Assert.True(AuditRecordJson.TryRead("""{"type":"gap"}"""u8, out var read));
        Assert.Equal(1, read.V);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"type\":\"Intent\"}")]
    [InlineData("{\"type\":0}")]
    [InlineData("{\"operation\":7}")]
    [InlineData("{\"principal\":\"\\ud800\"}")]
    [InlineData("{\"v\":1} {\"v\":1}")]
    public void What_is_no_record_is_refused_without_an_exception(string text)
    {
        Assert.False(AuditRecordJson.TryRead(Encoding.UTF8.GetBytes(text), out var read));
        Assert.Null(read);
    }

    [Fact]
    public void Writers_that_fail_leave_nothing_behind()
    {
        Assert.Throws<InvalidOperationException>(() => AuditRecordJson.Write(Whole, new FullBuffer()));
        Assert.Equal(Bytes(Whole), Bytes(Whole));
    }

    internal static byte[] Bytes(AuditRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        AuditRecordJson.Write(record, output);
        return output.WrittenSpan.ToArray();
    }

    private sealed class FullBuffer : IBufferWriter<byte>
    {
        public void Advance(int count) => throw new InvalidOperationException("full");

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new InvalidOperationException("full");

        public Span<byte> GetSpan(int sizeHint = 0) => throw new InvalidOperationException("full");
    }
}
