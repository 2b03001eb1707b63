using FsCheck;
using FsCheck.Fluent;

namespace Osl.Tests.Unit.Cli;

/// <summary>Command lines that people, scripts and attackers might come up with. The only programs in them are true and echo.</summary>
internal static class RandomCommandLines
{
    private static readonly string[] Commands = ["run", "ps", "signal", "kill-group", "audit", "list", "show", "doctor", "completion"];

    private static readonly string[] Options =
    [
        "--",
        "-",
        "--json",
        "--json=true",
        "--timeout",
        "--timeout=1s",
        "--grace",
        "--env",
        "--cwd",
        "--group",
        "--new-group",
        "--inherit-group",
        "--new-session",
        "--reason",
        "--since",
        "--limit",
        "--denied",
        "--principal",
        "--operation",
        "--signal",
        "--help",
        "-h",
        "-?",
        "/?",
        "--version",
        "--verbose",
        "--policy",
        "--bogus",
        "[suggest]",
        "@/etc/passwd",
    ];

    // No number that could be somebody: beyond pid_max, or never a target.
    private static readonly string[] Values =
    [
        "",
        " ",
        "true",
        "echo",
        "K=V",
        "=",
        "1s",
        "5ms",
        "0",
        "1",
        "-1",
        "-0",
        "2000000000",
        "99999999999999999999999999",
        "-99999999999999999999",
        "1e9",
        "NaN",
        "TERM",
        "SIGKILL",
        "65",
        "/",
        ".",
        "..",
        "/no/such",
        "\u001b[2J",
        "\u009b31m",
        "\r\nosl: all is well",
        "\u202egnp.exe",
        "\u200b",
        "[red]x[/]",
        "{0}{Name}",
        "%s%n",
        "山田",
        "\U0001F600",
        "\a\b\t",
        "0000000000000000000000000000000z",
    ];

    internal static Gen<string[]> Any { get; } =
        Gen.Frequency(
                (2, Gen.Elements(Commands)),
                (4, Gen.Elements(Options)),
                (4, Gen.Elements(Values)),
                (1, Gen.Choose(1, 2000).Select(length => new string('x', length))),
                (1, Gen.Choose(0x20, 0xD7FF).Select(c => ((char)c).ToString()))
            )
            .ArrayOf()
            .SelectMany(tail => Gen.Elements(Commands).Select(head => (string[])[head, .. tail]));
}
