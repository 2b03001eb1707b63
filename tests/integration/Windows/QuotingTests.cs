using System.Globalization;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Osl.Executors.Windows;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Windows;

public sealed partial class QuotingTests : WindowsExecutorTest
{
    private static readonly string[] Pieces =
    [
        "\"",
        "\\",
        "\\\\",
        "\\\"",
        " ",
        "\t",
        "\n",
        "\v",
        "a",
        "B",
        "'",
        "^",
        "%PATH%",
        "!x!",
        "&",
        "|",
        "<",
        ">",
        "(",
        ")",
        "é",
        "日本",
        "😀",
        "/?",
        "--x=",
    ];

    private static readonly Gen<string> Text = Gen.Elements(Pieces).ArrayOf().Select(string.Concat);

    [Fact]
    public void The_systems_own_parser_reads_back_what_was_quoted() =>
        Prop.ForAll(
                Arb.From(
                    Gen.Elements("tool", "my tool", @"C:\Program Files\x\tool.exe", @"C:\end\", @"a\\b c\")
                        .SelectMany(name => Text.ArrayOf().Select(rest => new[] { name }.Concat(rest).ToArray()))
                ),
                arguments => Assert.Equal(arguments, Parse(CommandLine.Of(arguments)))
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    /// <summary>Hundreds of arguments, in few programs: each start costs a second under Wine.</summary>
    [Fact]
    public async Task A_program_gets_the_arguments_that_were_asked_for()
    {
        foreach (var arguments in Text.ArrayOf(120).Sample(4, 20).Append(Pieces).Append(["", "", ""]))
        {
            var output = await OutputOf(["args-utf16", .. arguments]);

            Assert.Equal(arguments, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(FromHex), StringComparer.Ordinal);
        }
    }

    [Fact]
    public async Task The_longest_command_line_is_given_and_one_more_is_refused()
    {
        var room = CommandLine.Longest - CommandLine.Of([TestChild, "args-utf16"]).Length - 1;

        var output = await OutputOf(["args-utf16", new string('x', room)]);
        var refused = TryLaunch(TestChild, ["args-utf16", new string('x', room + 1)]).AsT1;

        Assert.Equal(new string('x', room), FromHex(output.Trim()));
        Assert.Equal("ERROR_FILENAME_EXCED_RANGE", Assert.IsType<SpawnFailed>(refused).ErrorName);
        Assert.Equal(OperationEffect.None, refused.Effect);
    }

    [Fact]
    public async Task The_environment_is_exactly_what_was_asked_for()
    {
        string[] environment =
        [
            $"SystemRoot={Environment.GetEnvironmentVariable("SystemRoot")}",
            "b=2",
            "A=1",
            "a_b=x=y",
            "Z= spaces ",
            "É=日本",
            "EMPTY=",
        ];

        var output = await OutputOf(["env-utf16"], environment);

        var got = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(FromHex).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(environment.ToHashSet(StringComparer.Ordinal), got);
        Assert.DoesNotContain(got, entry => entry.StartsWith("WINEPREFIX=", StringComparison.OrdinalIgnoreCase) && !Wine.IsHere);
    }

    [Fact]
    public void Names_that_differ_in_case_only_are_refused() =>
        Assert.IsType<ValidationFailed>(TryLaunch(TestChild, ["exit", "0"], environment: ["Path=a", "PATH=b"]).AsT1);

    internal static string FromHex(string line) =>
        string.Concat(
            line.Trim()[1..].Chunk(4).Select(digits => (char)int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture))
        );

    private static unsafe string[] Parse(string line)
    {
        var list = CommandLineToArgv(line, out var count);
        Assert.NotEqual(0, (nint)list);
        var arguments = new string[count];
        for (var i = 0; i < count; i++)
        {
            arguments[i] = new string(list[i]);
        }

        _ = Kernel32.LocalFree((nint)list);
        return arguments;
    }

    [LibraryImport("shell32.dll", EntryPoint = "CommandLineToArgvW", StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static unsafe partial char** CommandLineToArgv(string line, out int count);
}
