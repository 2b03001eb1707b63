using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>The real shells, with the real scripts, asked what they would offer.</summary>
[UnsupportedOSPlatform("windows")]
[Collection(nameof(Managers))]
public sealed class CompletionTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public CompletionTests()
    {
        Directory.CreateDirectory(Path.Combine(_osl.Directory, "bin"));
        Directory.CreateDirectory(Path.Combine(_osl.Directory, "place-one"));
        File.WriteAllText(Path.Combine(_osl.Directory, "place-two"), "");
        File.CreateSymbolicLink(Path.Combine(_osl.Directory, "bin", "osl"), OslCommandLine.Path);
    }

    public static TheoryData<string> Shells => ["bash", "zsh", "fish"];

    public void Dispose() => _osl.Dispose();

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task Commands_options_and_signals_are_completed(string shell)
    {
        Assert.Equal(["signal"], await AskAsync(shell, "osl sig"));
        Assert.Equal(["--grace"], await AskAsync(shell, "osl kill-group --g"));
        Assert.Equal(["TERM"], await AskAsync(shell, "osl signal 4711 TE"));
        Assert.Equal(["KILL"], await AskAsync(shell, "osl kill-group --signal K"));
        Assert.Equal(["export", "follow", "key", "list", "report", "show", "verify"], await AskAsync(shell, "osl audit "));
        Assert.Equal(["bash", "fish", "zsh"], await AskAsync(shell, "osl completion "));
        Assert.Empty(await AskAsync(shell, "osl bogus nonsens"));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task Files_directories_and_the_programs_own_words_are_the_shells(string shell)
    {
        Assert.Equal(["place-one"], await AskAsync(shell, "osl run --cwd pla"));
        Assert.Equal(["place-one", "place-two"], await AskAsync(shell, "osl run --id-file pla"));
        Assert.Contains("setpriv", await AskAsync(shell, "osl run -- setpri"), StringComparer.Ordinal);
        Assert.Contains("setpriv", await AskAsync(shell, "osl run --timeout 5s setpri"), StringComparer.Ordinal);
        Assert.Equal(["place-one", "place-two"], await AskAsync(shell, "osl run -- cat pla"));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task Live_groups_and_recorded_operations_are_offered(string shell)
    {
        using var session = _osl.Open("run", "--", "sh", "-c", "echo $$; echo $OSL_OPERATION; exec sleep 1000");
        var pgid = (await session.ReadLineAsync())!;
        var operation = (await session.ReadLineAsync())!;
        Assert.Contains(pgid, await AskAsync(shell, $"osl kill-group {pgid[..1]}"), StringComparer.Ordinal);
        Assert.Contains(pgid, await AskAsync(shell, $"osl signal --group {pgid[..1]}"), StringComparer.Ordinal);
        Assert.Equal([operation], await AskAsync(shell, $"osl audit show {operation[..12]}"));
        session.Signal(15);
        Assert.Equal(143, (await session.EndAsync()).ExitCode);
        Assert.DoesNotContain(pgid, await AskAsync(shell, $"osl kill-group {pgid[..1]}"), StringComparer.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task What_a_manager_manages_is_offered(string shell)
    {
        using var manager = await ManageTests.ServicesAsync(_osl);
        Assert.Equal(["web", "worker"], await AskAsync(shell, "osl status "));
        Assert.Equal(["worker"], await AskAsync(shell, "osl start wo"));
        Assert.Equal(["web"], await AskAsync(shell, "osl stop --dir services we"));
        Assert.Empty(await AskAsync(shell, "osl restart --dir place-one w"));
        manager.Signal(15);
        Assert.Equal(0, (await manager.EndAsync()).ExitCode);
        Assert.Empty(await AskAsync(shell, "osl stop --dir services w"));
    }

    [Fact]
    public async Task Bash_parts_words_at_the_equals_sign()
    {
        Assert.Equal(["KILL"], await AskAsync("bash", "osl kill-group --signal=K"));
        Assert.Equal(["--signal=KILL"], await AskAsync("fish", "osl kill-group --signal=K"));
    }

    [Theory]
    [InlineData("trap '' PIPE; exec $OSL complete -- kill-group '' </dev/null")]
    [InlineData("OSL_AUDIT_DIR=/proc/no/such $OSL complete -- audit show ''")]
    [InlineData("XDG_RUNTIME_DIR=/dev/null HOME= $OSL complete -- kill-group ''")]
    [InlineData("$OSL complete -- run --cwd")]
    [InlineData("$OSL complete")]
    [InlineData("$OSL complete --")]
    [InlineData("OSL_AUDIT_DIR=$(printf '\\033[31m') $OSL complete -- audit list --operation ''")]
    public async Task It_never_fails_noisily(string command)
    {
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", command);
        Assert.Equal("", outcome.Error);
        Assert.DoesNotContain('\u001b', outcome.Output);
        Assert.InRange(outcome.ExitCode, 0, 1);
    }

    [Fact]
    public async Task What_a_program_is_called_reaches_no_terminal_unescaped()
    {
        var evil = Path.Combine(_osl.Directory, "e\u001b[31m\tv\u202e");
        File.Copy("/bin/sleep", evil);
        using var session = _osl.Open("run", "--", "sh", "-c", "echo ready; read line");
        await session.ReadUntilAsync("ready");
        var detached = (await _osl.RunAsync("run", "--json", "--detach", "--", evil, "1000")).Json();
        var pgid = detached.GetProperty("pgid").GetInt32();
        try
        {
            var line = Assert.Single(
                (await _osl.RunAsync("complete", "--", "kill-group", "")).Output.Split('\n'),
                line => line.StartsWith($"{pgid}\t", StringComparison.Ordinal)
            );
            Assert.Equal(2, line.Split('\t').Length);
            Assert.DoesNotContain('\u001b', line);
            Assert.DoesNotContain('\u202e', line);
        }
        finally
        {
            Osl.Interop.Linux.Libc.Kill(-pgid, 9);
        }
    }

    /// <summary>What a shell offers for a line with the cursor at its end, sorted.</summary>
    private async Task<IReadOnlyList<string>> AskAsync(string shell, string line)
    {
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}"), $"{shell} is not installed");
        var script = shell switch
        {
            // As readline parts the words: = is one of its own.
            "bash" => """
                PATH=$PWD/bin:$PATH; source <(osl completion bash)
                words=${1//=/ = }; COMP_WORDS=($words); [[ $1 == *' ' ]] && COMP_WORDS+=('')
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$1 COMP_POINT=${#1}
                compopt() { :; }
                _osl osl; ((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
                """,
            "fish" => "set -gx PATH $PWD/bin $PATH; osl completion fish | source; complete -C $argv[1] | string replace -r '\\t.*' ''",
            // compadd is asked to keep what matches, instead of a terminal being asked to show it.
            _ => """
                PATH=$PWD/bin:$PATH; autoload -Uz compinit; compinit -u -d $PWD/dump; source <(osl completion zsh)
                zmodload zsh/zpty
                zpty answers zsh -f -i
                setup="stty -echo; PS1= PS2=; export PATH=$PATH; cd $PWD; autoload -Uz compinit; compinit -u -d $PWD/dump; source <(osl completion zsh)
                show() { local -a kept; builtin compadd -O kept \"\$@\"; (( \$#kept )) && print -rl -- OFFER:\$^kept >>$PWD/offers; builtin compadd \"\$@\" }
                compadd() { show \"\$@\" }
                finish() { print done >>$PWD/finished; exit }
                collect() { _main_complete; compstate[insert]=; compstate[list]= }
                zle -C collect complete-word collect; bindkey '^T' collect; zle -N finish; bindkey '^X' finish
                print rea''dy"
                zpty -w answers "$setup"
                zpty -r -m answers junk '*ready*'
                rm -f offers finished; : >offers; mkfifo finished
                zpty -w -n answers "$1"$'\x14\x18'
                read -r junk <finished
                zpty -d answers
                sed -n 's/^OFFER://p' offers
                """,
        };
        string[] arguments =
            shell is "fish" ? ["--no-config", "-c", script, line]
            : shell is "zsh" ? ["-f", "-c", script, "zsh", line]
            : ["--norc", "--noprofile", "-c", script, "bash", line];
        var outcome = await _osl.RunOtherAsync($"/usr/bin/{shell}", arguments);
        return
        [
            .. outcome
                .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(offer => offer.TrimEnd('/', ' '))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
    }
}
