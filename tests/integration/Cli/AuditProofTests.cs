using System.Globalization;
using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>A journal that osl signs, proven with osl: each answer of verify with its exit code, and what the views say of it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class AuditProofTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    private string Key => Path.Combine(_osl.Directory, "key.pem");

    private string Kept => Path.Combine(_osl.Directory, "kept");

    private string Keys => _osl.AuditDirectory + "-keys";

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task A_key_that_is_asked_for_again_leaves_the_file_of_the_first_as_it_is()
    {
        var made = await _osl.RunAsync("audit", "key", "init", "--out", Key);
        var pem = await File.ReadAllTextAsync(Key, TestContext.Current.CancellationToken);
        var again = await _osl.RunAsync("audit", "key", "init", "--out", Key);
        var rotated = await _osl.RunAsync("audit", "key", "rotate", "--out", Key);

        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Assert.Equal((await _osl.RunAsync("audit", "key", "show")).Output, pem);
        Assert.Equal((1, 1, ""), (again.ExitCode, rotated.ExitCode, rotated.Output));
        Assert.StartsWith($"osl: {Key} is there already, and is left as it is.\n", again.Error, StringComparison.Ordinal);
        Assert.Equal(pem, await File.ReadAllTextAsync(Key, TestContext.Current.CancellationToken));
        // Nothing was done but said: the key is the first one.
        Assert.Equal(pem, (await _osl.RunAsync("audit", "key", "show")).Output);
        Assert.Equal([Key], Directory.GetFiles(_osl.Directory, "key.pem*"));
    }

    [Theory]
    [InlineData("ln -s /no/such $1")]
    [InlineData("mkdir $1")]
    public async Task A_public_key_is_written_to_no_name_that_is_taken(string taken)
    {
        Assert.Equal(0, (await _osl.RunOtherAsync("/bin/sh", "-c", taken, "sh", Key)).ExitCode);
        var refused = await _osl.RunAsync("audit", "key", "init", "--out", Key);
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.False(Directory.Exists(Keys));
    }

    [Fact]
    public async Task Each_answer_has_its_exit_code()
    {
        Assert.Equal(6, (await _osl.RunAsync("audit", "verify")).ExitCode);
        await InitAsync();
        await RunTrueAsync();
        await VerifyAsync(15, "self-consistent only");
        await VerifyAsync(0, "clean", "--key", Key, "--save-checkpoint", Kept);
        await VerifyAsync(0, "clean", "--checkpoint", Kept);
        await VerifyAsync(0, "clean", "--key", Key, "--checkpoint", Kept);

        // Written without the key: nothing proves it yet.
        var older = Copy();
        Directory.Move(Keys, Keys + "-away");
        await RunTrueAsync();
        await VerifyAsync(10, "unsigned tail", "--key", Key);
        Directory.Move(Keys + "-away", Keys);
        await RunTrueAsync();
        await VerifyAsync(0, "clean", "--key", Key, "--save-checkpoint", Kept);

        var newer = Copy();
        Restore(older);
        await VerifyAsync(0, "clean", "--key", Key);
        await VerifyAsync(13, "rolled back", "--key", Key, "--checkpoint", Kept);
        // The signer notices as well, and nothing is started.
        var refused = await _osl.RunAsync("run", "--", "sh", "-c", "echo started");
        Assert.Equal((125, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("not the log that was signed", refused.Error, StringComparison.Ordinal);
        Restore(newer);

        await TornAsync();
        await VerifyAsync(11, "torn tail", "--key", Key);
        Restore(newer);

        var segment = Path.Combine(_osl.AuditDirectory, "0.osl");
        var bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        bytes[bytes.AsSpan().IndexOf("run_process"u8)] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);
        var tampered = await VerifyAsync(12, "tampered", "--key", Key);
        Assert.Matches(@"at record 0, segment 0, offset \d+\.\n", tampered);
        // Nothing vouches for such a log.
        var saved = await _osl.RunAsync("audit", "verify", "--save-checkpoint", Kept + "-2");
        Assert.Equal(12, saved.ExitCode);
        Assert.False(File.Exists(Kept + "-2"));
        Restore(newer);

        var other = await _osl.RunAsync("audit", "key", "init", "--audit-dir", Path.Combine(_osl.Directory, "other"));
        await File.WriteAllTextAsync(Key + "-2", other.Output, TestContext.Current.CancellationToken);
        await VerifyAsync(14, "wrong key", "--key", Key + "-2");
        Assert.Equal(1, (await _osl.RunAsync("audit", "verify", "--key", Kept)).ExitCode);
        Assert.Equal(1, (await _osl.RunAsync("audit", "verify", "--checkpoint", Key)).ExitCode);
        Assert.Equal(1, (await _osl.RunAsync("audit", "verify", "--key", Key + "-none")).ExitCode);
    }

    [Fact]
    public async Task A_key_that_was_changed_is_led_to_by_the_one_that_is_kept()
    {
        await InitAsync();
        await RunTrueAsync();
        var rotated = await _osl.RunAsync("audit", "key", "rotate");
        Assert.Equal(0, rotated.ExitCode);
        await RunTrueAsync();
        await VerifyAsync(0, "clean", "--key", Key);
        var shown = await _osl.RunAsync("audit", "key", "show");
        Assert.Equal(rotated.Output, shown.Output);
        await File.WriteAllTextAsync(Key + "-2", shown.Output, TestContext.Current.CancellationToken);
        await VerifyAsync(0, "clean", "--key", Key + "-2");
        Assert.Single(Directory.GetFiles(Keys, "*.key"));
        Assert.Equal(1, (await _osl.RunAsync("audit", "key", "init")).ExitCode);
    }

    [Theory]
    [InlineData("chmod 644 $OSL_AUDIT_DIR-keys/*.key", "can be read by others")]
    [InlineData("echo no key >$(echo $OSL_AUDIT_DIR-keys/*.key)", "is no P-256 key")]
    [InlineData("rm $OSL_AUDIT_DIR-keys/*.key", "osl audit key init")]
    [InlineData("mv $OSL_AUDIT_DIR-keys away", "")]
    [InlineData("mv $OSL_AUDIT_DIR-keys away; ln -s /no/such $OSL_AUDIT_DIR-keys", "osl audit key init")]
    [InlineData("mv $OSL_AUDIT_DIR-keys away; ln -s away $OSL_AUDIT_DIR-keys", "symbolic link")]
    public async Task With_a_key_that_can_not_be_used_nothing_starts(string spoiled, string says)
    {
        await InitAsync();
        await RunTrueAsync();
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"{spoiled}; exec $OSL run -- touch made");

        // To have no keys at all is no trouble: then the journal is one that is not signed.
        Assert.Equal(says.Length > 0 ? 125 : 0, outcome.ExitCode);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(says.Length == 0, File.Exists(Path.Combine(_osl.Directory, "made")));
    }

    [Fact]
    public async Task A_place_for_checkpoints_that_is_no_file_holds_nothing_up()
    {
        await InitAsync();
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", "mkfifo kept; OSL_AUDIT_CHECKPOINT=$PWD/kept exec $OSL run -- true");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("its checkpoint not kept", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("rotate")]
    public async Task Asking_for_a_key_that_is_not_there_makes_none_and_stops_nothing(string what)
    {
        var asked = await _osl.RunAsync("audit", "key", what);
        Assert.Equal((1, ""), (asked.ExitCode, asked.Output));
        Assert.Contains("osl audit key init", asked.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(Keys));
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "true")).ExitCode);

        await InitAsync();
        await RunTrueAsync();
        await VerifyAsync(0, "clean", "--key", Key);
    }

    [Fact]
    public async Task Views_say_how_much_of_what_they_show_is_proven()
    {
        await InitAsync();
        await RunTrueAsync();
        Directory.Move(Keys, Keys + "-away");
        Assert.Equal(3, (await _osl.RunAsync("signal", "1", "TERM")).ExitCode);

        Assert.EndsWith(
            "Verified: 4 of 5 records shown are proven; see 'osl audit verify' for the rest.\n",
            (await _osl.RunAsync("audit", "list", "--key", Key)).Output,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            "Verified: all 1 records shown are proven.\n",
            (await _osl.RunAsync("audit", "show", "2", "--key", Key)).Output,
            StringComparison.Ordinal
        );
        Assert.Contains("Not verified: ", (await _osl.RunAsync("audit", "report")).Output, StringComparison.Ordinal);
        var proven = (await _osl.RunAsync("audit", "list", "--json", "--key", Key))
            .JsonLines()
            .Select(line => line.GetProperty("proven").GetBoolean());
        Assert.Equal([true, true, true, true, false], proven);
        var total = (await _osl.RunAsync("audit", "report", "--json", "--key", Key)).JsonLines()[0];
        Assert.Equal(
            (5, 4, 2, 1),
            (
                total.GetProperty("records").GetInt32(),
                total.GetProperty("proven").GetInt32(),
                total.GetProperty("asked").GetInt32(),
                total.GetProperty("denied").GetInt32()
            )
        );
        var csv = (await _osl.RunAsync("audit", "export", "--csv", "--key", Key)).Output.TrimEnd().Split("\r\n");
        Assert.Equal(6, csv.Length);
        Assert.All(csv[1..5], line => Assert.EndsWith(",true", line, StringComparison.Ordinal));
        Assert.EndsWith(",false", csv[5], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_life_of_a_group_is_a_timeline()
    {
        using var session = _osl.Open("run", "--", "sh", "-c", "echo $$; exec sleep 1000");
        var pgid = (await session.ReadNumberAsync()).ToString(CultureInfo.InvariantCulture);
        var running = (await _osl.RunAsync("audit", "report", "--json")).JsonLines();
        Assert.Single(running, line => line.GetProperty("part").GetString() is "running");
        Assert.Equal(0, (await _osl.RunAsync("kill-group", pgid)).ExitCode);
        Assert.Equal(143, (await session.EndAsync()).ExitCode);

        var life = await _osl.RunAsync("audit", "show", "--pgid", pgid);
        Assert.Equal(0, life.ExitCode);
        var lines = life.Output.Split('\n');
        string[] order = ["intent", "started", "intent", "exit", "outcome"];
        var at = 0;
        foreach (var type in order)
        {
            at = Array.FindIndex(lines, at, line => line.Contains($"  {type}  ", StringComparison.Ordinal)) + 1;
            Assert.True(at > 0, $"no {type} in its place:\n{life.Output}");
        }

        Assert.Contains("+0.000s", life.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("No outcome", life.Output, StringComparison.Ordinal);
        Assert.Equal(4, (await _osl.RunAsync("audit", "show", "--pgid", "1999999999")).ExitCode);
        var after = (await _osl.RunAsync("audit", "report", "--json")).JsonLines();
        Assert.DoesNotContain(after, line => line.GetProperty("part").GetString() is "running" or "without_end");
    }

    [Fact]
    public async Task Nothing_in_a_record_becomes_a_formula_or_a_cell_of_its_own()
    {
        foreach (var reason in (string[])["=1+1", "+1", "@SUM(A1)", "-cmd|' /C calc'!A0", "\t=1", "a\",\"b", "a\r\nb", " =1"])
        {
            Assert.Equal(0, (await _osl.RunAsync("run", "--reason", reason, "--", "true")).ExitCode);
        }

        var csv = await _osl.RunAsync("audit", "export", "--csv");
        Assert.Equal(0, csv.ExitCode);
        var rows = csv.Output.TrimEnd().Split("\r\n");
        Assert.Equal(1 + (8 * 4), rows.Length);
        Assert.All(rows, row => Assert.Equal(19, Cells(row).Count));
        Assert.All(rows[1..].SelectMany(Cells), cell => Assert.DoesNotMatch(@"^\s*[=+@\t]", cell));
        Assert.Contains(rows.SelectMany(Cells), cell => cell is "'-cmd|' /C calc'!A0");
        Assert.Contains(rows.SelectMany(Cells), cell => cell is "a\",\"b");
    }

    [Fact]
    public async Task A_journal_that_is_written_meanwhile_is_never_called_tampered()
    {
        await InitAsync();
        await RunTrueAsync();
        using var session = _osl.OpenOther("/bin/sh", "-c", "i=0; while [ $i -lt 12 ]; do $OSL run true; i=$((i+1)); done; echo done");
        var answers = new List<int>();
        var ended = session.ReadLineAsync();
        do
        {
            var outcome = await _osl.RunAsync("audit", "verify", "--key", Key);
            answers.Add(outcome.ExitCode);
            Assert.True(outcome.ExitCode is 0 or 10 or 11, outcome.Output);
        } while (!ended.IsCompleted);

        Assert.Equal("done", await ended);
        await VerifyAsync(0, "clean", "--key", Key);
    }

    private static List<string> Cells(string row)
    {
        var cells = new List<string>();
        for (var at = 0; at <= row.Length; at++)
        {
            var cell = new System.Text.StringBuilder();
            var quoted = at < row.Length && row[at] == '"';
            for (at += quoted ? 1 : 0; at < row.Length && (quoted || row[at] != ','); at++)
            {
                if (row[at] == '"')
                {
                    Assert.True(quoted);
                    if (at + 1 < row.Length && row[at + 1] == '"')
                    {
                        at++;
                    }
                    else
                    {
                        quoted = false;
                        continue;
                    }
                }

                cell.Append(row[at]);
            }

            cells.Add(cell.ToString());
        }

        return cells;
    }

    private async Task InitAsync()
    {
        var key = await _osl.RunAsync("audit", "key", "init");
        Assert.Equal((0, ""), (key.ExitCode, key.Error));
        await File.WriteAllTextAsync(Key, key.Output, TestContext.Current.CancellationToken);
    }

    private async Task RunTrueAsync()
    {
        var run = await _osl.RunAsync("run", "true");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    private async Task<string> VerifyAsync(int exitCode, string answer, params string[] options)
    {
        var outcome = await _osl.RunAsync(["audit", "verify", .. options]);
        Assert.True(exitCode == outcome.ExitCode, $"{outcome.ExitCode}: {outcome.Output}{outcome.Error}");
        Assert.StartsWith($"{answer}: ", outcome.Output, StringComparison.Ordinal);
        return outcome.Output;
    }

    private Dictionary<string, byte[]> Copy() =>
        Directory.GetFiles(_osl.AuditDirectory).ToDictionary(file => file, File.ReadAllBytes, StringComparer.Ordinal);

    private static void Restore(Dictionary<string, byte[]> files)
    {
        foreach (var (file, bytes) in files)
        {
            File.WriteAllBytes(file, bytes);
        }
    }

    /// <summary>As a kill leaves it: the first bytes of a frame after the last one.</summary>
    private async Task TornAsync()
    {
        var segment = Path.Combine(_osl.AuditDirectory, "0.osl");
        var bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        var end = 4096;
        while (BitConverter.ToInt32(bytes, end) is > 0 and var length)
        {
            end += length;
        }

        BitConverter.TryWriteBytes(bytes.AsSpan(end), 512);
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);
    }
}
