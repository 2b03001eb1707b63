using Osl.Hosting;
using Osl.Tests.SpawnHost;

// spawnhost endless DIRECTORY: runs and spawns without end, to be killed at any moment.
// spawnhost faults DIRECTORY: what its input asks for (Faults), while somebody makes its system calls fail.
// spawnhost chaos DIRECTORY SECONDS SEED fed|starving: everything at random (Chaos); then says what is left.
// spawnhost many DIRECTORY TOTAL IN_FLIGHT: so many runs, so many at once, beside System.Diagnostics.Process; then says what is left.
// spawnhost restarts DIRECTORY TOTAL: a supervised program that fails so many times; then says what is left.
var directory = args[1];
await using var osl = OslHost.Create(o =>
    o.UseAuditDirectory(Path.Combine(directory, "audit")).UseRegistryDirectory(Path.Combine(directory, "registry"))
);
switch (args)
{
    case ["endless", _]:
        await Endless.RunAsync(osl, directory);
        return 0;
    case ["many", _, var total, var inFlight]:
        return await Many.RunAsync(
            osl,
            int.Parse(total, System.Globalization.CultureInfo.InvariantCulture),
            int.Parse(inFlight, System.Globalization.CultureInfo.InvariantCulture)
        );
    case ["faults", _]:
        await Faults.RunAsync(osl);
        return 0;
    case ["chaos", _, var seconds, var seed, var fed]:
        return await Chaos.RunAsync(
            osl,
            TimeSpan.FromSeconds(int.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture)),
            int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture),
            starves: fed is "starving"
        );
    case ["restarts", _, var total]:
        return await Restarts.RunAsync(osl, int.Parse(total, System.Globalization.CultureInfo.InvariantCulture));
    default:
        return 2;
}
