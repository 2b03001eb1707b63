using System.Runtime.CompilerServices;

namespace Osl.Cli;

internal static class Program
{
    /// <summary>Looks first whether there is ground to stand on, with nothing loaded that this would need: see <see cref="Footing"/>.</summary>
    private static async Task<int> Main(string[] args) => Footing.Secure(args) ?? await RunAsync(args).ConfigureAwait(false);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> RunAsync(string[] args)
    {
        using var io = CliIo.Standard();
        return await new OslApplication(io).RunAsync(args).ConfigureAwait(false);
    }
}
