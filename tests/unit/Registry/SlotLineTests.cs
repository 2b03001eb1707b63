using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osl.Executors.Registry;
using Osl.Operations;
using Xunit;

namespace Osl.Tests.Unit.Registry;

public sealed class SlotLineTests
{
    private static readonly OperationId Id = OperationId.New(DateTimeOffset.UnixEpoch);

    [Fact]
    public void A_live_line_reads_back_and_is_words_for_a_shell()
    {
        var line = Live(Id, 4711, 4711, 99, owns: true, "alice", "/usr/bin/a b%");

        Assert.True(SlotLine.TryRead(line, out var content));
        Assert.Equal((Id, 4711, 4711, 99L, true, false), Numbers(content));
        Assert.Equal(("alice", "/usr/bin/a b%", 1234L), (content.Principal, content.Program, content.EpochMilliseconds));
        var text = Encoding.ASCII.GetString(line);
        Assert.Equal(
            ["L", Id.ToString(), "4711", "4711", "99", "1", "M", "1234", "alice", "/usr/bin/a%20b%25"],
            text.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..10]
        );
        Assert.Equal(255, text.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void A_prepared_line_has_its_operation_and_no_process()
    {
        var line = Prepared(Id, detached: true, "bob", "/bin/true");

        Assert.True(SlotLine.TryRead(line, out var content));
        Assert.Equal((true, true, 0, "bob"), (content.IsPrepared, content.Detached, content.Pid, content.Principal));
    }

    [Fact]
    public void Nothing_torn_between_two_processes_is_believed()
    {
        // Every mix of a beginning of one line and the end of another that differs from both is refused.
        var first = Live(Id, 4711, 4711, 99, owns: true, "alice", "/bin/one");
        var second = Live(OperationId.New(DateTimeOffset.UnixEpoch), 4712, 4712, 98, owns: true, "bob", "/bin/two");
        for (var at = 1; at < SlotLine.Length; at++)
        {
            byte[] torn = [.. first[..at], .. second[at..]];
            var isWhole = torn.AsSpan().SequenceEqual(first) || torn.AsSpan().SequenceEqual(second);
            Assert.Equal(isWhole, SlotLine.TryRead(torn, out _));
        }
    }

    [Fact]
    public void While_a_process_is_being_written_a_prepared_line_stays_true()
    {
        var before = Prepared(Id, detached: false, "alice", "/bin/one");
        var after = before.ToArray();
        SlotLine.WriteProcess(after, 4711, 4711, 99, owns: true);
        for (var at = 1; at < SlotLine.Length; at++)
        {
            byte[] torn = [.. after[..at], .. before[at..]];
            Assert.True(SlotLine.TryRead(torn, out var content));
            Assert.Equal((Id, 0, 0, 0L, false, false), Numbers(content));
        }
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(0, 0, true)]
    [InlineData(-1, -1, true)]
    [InlineData(4711, 4712, true)]
    [InlineData(4711, 0, false)]
    public void Numbers_that_would_be_dangerous_to_signal_are_not_believed(int pid, int pgid, bool owns) =>
        Assert.False(SlotLine.TryRead(Live(Id, pid, pgid, 99, owns, "alice", "/bin/one"), out _));

    [Fact]
    public void Any_bytes_are_read_without_harm_and_one_changed_byte_is_noticed()
    {
        var good = Live(Id, 4711, 4711, 99, owns: true, "alice", "/bin/one");
        Prop.ForAll<byte[]>(bytes => !SlotLine.TryRead(bytes, out _) && SlotHeader.Read(bytes) is null).QuickCheckThrowOnFailure();
        Prop.ForAll<byte[]>(bytes =>
            {
                var line = new byte[SlotLine.Length];
                bytes.AsSpan(0, Math.Min(bytes.Length, line.Length)).CopyTo(line);
                line[0] = SlotLine.Live;
                line[^1] = (byte)'\n';
                return !SlotLine.TryRead(line, out _);
            })
            .QuickCheckThrowOnFailure();
        Prop.ForAll<byte, byte>(
                (place, value) =>
                {
                    var line = good.ToArray();
                    line[place] = value;
                    // The gaps between the columns that no sum covers say nothing.
                    return !SlotLine.TryRead(line, out var content)
                        || Numbers(content) == (Id, 4711, 4711, 99L, true, value == SlotLine.LiveDetached && place == 0)
                        || (place == 0 && content.IsPrepared);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Names_come_back_whole_or_marked_as_cut()
    {
        Prop.ForAll<string, string>(
                (principal, program) =>
                {
                    var (first, second) = (Whole(principal), Whole(program));
                    Assert.True(SlotLine.TryRead(Live(Id, 4711, 4711, 99, owns: true, first, second), out var content));
                    return Same(first, content.Principal) && Same(second, content.Program);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_name_cut_inside_an_encoded_character_leaves_nothing_of_it_behind()
    {
        // Sixty bytes of room, of which the last encoded character takes those where the mark of the cut begins.
        var name = new string('n', 55);
        Assert.True(SlotLine.TryRead(Live(Id, 4711, 4711, 99, owns: true, name + "$n$", ""), out var content));

        Assert.Equal((name + SlotText.Cut, ""), (content.Principal, content.Program));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(500)]
    public void A_long_principal_is_never_taken_for_another_whole_one(int length)
    {
        var name = new string('n', length);
        Assert.True(SlotLine.TryRead(Live(Id, 4711, 4711, 99, owns: true, name, "/bin/é" + name), out var content));

        Assert.Equal(length <= 60, !content.Principal.EndsWith(SlotText.Cut));
        Assert.StartsWith("/bin/é", content.Program, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_reads_back_and_others_are_refused()
    {
        var header = new SlotHeader("cd7c8786-02f3-496c-98a6-9dff40cd5571", 4026531836, 17, 292586);
        var line = new byte[SlotLine.Length];
        header.Write(line);

        Assert.Equal(header, SlotHeader.Read(line));
        line[13] = (byte)'2';
        Assert.Null(SlotHeader.Read(line));
        Assert.Null(SlotHeader.Read(line.AsSpan(0, 100)));
    }

    private static string Whole(string? text) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes((text ?? "").Replace("\uFFFD", "", StringComparison.Ordinal)));

    private static bool Same(string written, string read) =>
        string.Equals(written, read, StringComparison.Ordinal)
        || (read.EndsWith(SlotText.Cut) && written.StartsWith(read[..^1], StringComparison.Ordinal));

    private static (OperationId Operation, int Pid, int Pgid, long Start, bool Owns, bool Detached) Numbers(SlotContent content) =>
        (content.Operation, content.Pid, content.Pgid, content.StartTime, content.OwnsGroup, content.Detached);

    private static byte[] Prepared(OperationId id, bool detached, string principal, string program)
    {
        var line = new byte[SlotLine.Length];
        SlotLine.WriteFree(line);
        Assert.False(SlotLine.TryRead(line, out _));
        SlotLine.WriteReservation(line, id.ToString(), detached, 1234, principal, program);
        Assert.False(SlotLine.TryRead(line, out _));
        SlotLine.Publish(line, SlotLine.Prepared);
        return line;
    }

    [Fact]
    public void What_was_attached_to_is_told_apart_from_what_was_started()
    {
        var id = OperationId.New(DateTimeOffset.UnixEpoch);
        var line = new byte[SlotLine.Length];
        SlotLine.WriteFree(line);
        SlotLine.WriteReservation(line, id.ToString(), detached: false, 1234, "p", "x", attached: true);
        SlotLine.WriteProcess(line, 77, 70, 5, owns: false);
        SlotLine.Publish(line, SlotLine.Live);

        Assert.True(SlotLine.TryRead(line, out var attached));
        Assert.Equal((true, false, 77, 70), (attached.Attached, attached.Detached, attached.Pid, attached.Pgid));
        Assert.True(SlotLine.TryRead(Live(id, 77, 77, 5, owns: true, "p", "x"), out var started));
        Assert.False(started.Attached);

        // Released by its state alone.
        SlotLine.Publish(line, SlotLine.LiveDetached);
        Assert.True(SlotLine.TryRead(line, out var released));
        Assert.True(released.Detached);
    }

    private static byte[] Live(OperationId id, int pid, int pgid, long start, bool owns, string principal, string program)
    {
        var line = Prepared(id, detached: false, principal, program);
        SlotLine.WriteProcess(line, pid, pgid, start, owns);
        SlotLine.Publish(line, SlotLine.Live);
        return line;
    }
}
