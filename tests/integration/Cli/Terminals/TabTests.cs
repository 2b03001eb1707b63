using System.Globalization;
using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>
/// The Tab key at the prompt of the real shells: a command line of which little was typed, and what it then does. Alone: the groups of
/// other tests have numbers that begin alike.
/// </summary>
[UnsupportedOSPlatform("windows")]
[Collection(nameof(Alone))]
public sealed class TabTests : IAsyncLifetime
{
    private readonly OslCommandLine _osl = new();
    private TmuxShell? _shell;

    private TmuxShell Shell => _shell!;

    public async ValueTask InitializeAsync() => _shell = await TmuxShell.OpenAsync(_osl);

    public async ValueTask DisposeAsync()
    {
        if (_shell is not null)
        {
            await _shell.DisposeAsync();
        }

        _osl.Dispose();
    }

    [Theory]
    [InlineData("bash", "exec bash --norc --noprofile", "source <(osl completion bash)")]
    [InlineData("zsh", "exec zsh -f", "autoload -Uz compinit; compinit -u -D; source <(osl completion zsh)")]
    [InlineData("fish", "exec fish --no-config", "osl completion fish | source")]
    public async Task Tab_completes_commands_options_signals_and_live_groups(string shell, string start, string load)
    {
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}"), $"{shell} is not installed");
        Directory.CreateDirectory(Path.Combine(_osl.Directory, "bin"));
        File.CreateSymbolicLink(Path.Combine(_osl.Directory, "bin", "osl"), OslCommandLine.Path);
        using var session = _osl.Open("run", "--", "sh", "-c", "echo $$; exec sleep 1000");
        var pgid = (await session.ReadNumberAsync()).ToString(CultureInfo.InvariantCulture);

        await Shell.TypeAsync($"clear; export PATH=$PWD/bin:$PATH PS1=; {start}");
        await Shell.TypeAsync($"{load}; clear; echo rea''dy");
        await Shell.WaitForLineAsync("ready");
        await PressAsync("osl kill-g", "osl kill-group ");
        await PressAsync("--sig", "osl kill-group --signal ");
        await PressAsync("KI", "osl kill-group --signal KILL ");
        await PressAsync(pgid[..^1], $"osl kill-group --signal KILL {pgid}");
        await Shell.KeyAsync("Enter");

        // What was completed is what runs.
        Assert.Equal(137, (await session.EndAsync()).ExitCode);
        await Shell.WaitAsync("1 of 1 process ended");
    }

    /// <summary>Types and presses Tab; what stands there then is the line, up to the cursor.</summary>
    private async Task PressAsync(string typed, string line)
    {
        await Shell.KeyAsync(typed);
        await Shell.KeyAsync("Tab");
        await Shell.WaitAsync(line.TrimEnd());
    }
}
