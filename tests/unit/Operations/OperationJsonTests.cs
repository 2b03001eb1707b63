using System.Text;
using System.Text.Json.Serialization;
using FluentValidation;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations;

public sealed class OperationJsonTests
{
    [Theory]
    [InlineData("""{"kind":"spawn_process","version":1,"operation":{"program":"x"}}""")]
    [InlineData("""{"kind":"spawn_process","operation":{"program":"x"}}""")]
    [InlineData(
        """{"operation":{"environment":null,"stop_sequence":null,"program":"x","process_group":null,"standard_output":null},"kind":"spawn_process"}"""
    )]
    public void What_is_missing_gets_its_default(string json) => Assert.Equal(new SpawnProcessOperation("x"), Read(json).AsT0);

    [Fact]
    public void The_least_that_can_be_written_of_each_kind_reads_with_its_defaults()
    {
        Assert.Equal(new KillProcessOperation(5), Read("""{"kind":"kill_process","operation":{"target":{"pid":5}}}""").AsT0);
        Assert.Equal(new KillProcessGroupOperation(5), Read("""{"kind":"kill_process_group","operation":{"target":{"pgid":5}}}""").AsT0);
        Assert.Equal(new QueryProcessOperation(5), Read("""{"kind":"query_process","operation":{"target":{"pid":5}}}""").AsT0);
        Assert.Equal(
            new ProcessSignalOperation(5, Signal.Hangup),
            Read("""{"kind":"process_signal","operation":{"target":{"pid":5},"signal":"sighup"}}""").AsT0
        );
        Assert.Equal(
            new RunProcessOperation(new SpawnProcessOperation("x")),
            Read("""{"kind":"run_process","operation":{"spawn":{"program":"x"}}}""").AsT0
        );
    }

    [Theory]
    [InlineData(
        """{"kind":"spawn_process","operation":{"program":"x","bogus":1,"novel":2}}""",
        "operation.bogus is no field that is known here.",
        "operation.novel is no field"
    )]
    [InlineData(
        """{"kind":"spawn_process","operation":{"environment":{"set":[{"name":"a","valu":"b"}]}}}""",
        "operation.environment.set[0].valu is no field"
    )]
    [InlineData("""{"kind":"spawn_process","operation":{"Program":"x"}}""", "operation.Program is no field")]
    [InlineData("""{"kind":"spawn_process","operation":{"program":"x","program":"y"}}""", "operation.program is given more than once.")]
    [InlineData(
        """{"kind":"spawn_process","operation":{"arguments":[{"secret":"a","secret":"b"}]}}""",
        "operation.arguments[0].secret is given more than once."
    )]
    [InlineData(
        """{"kind":"spawn_process","kind":"x","extra":1,"operation":{}}""",
        "kind is given more than once.",
        "extra is no field that is known here."
    )]
    [InlineData("""{"kind":"spawn_process","operation":{"nice":"hunter2"}}""", "operation.nice is not of the form that belongs there.")]
    [InlineData(
        """{"kind":"spawn_process","operation":{"lifetime":"Managed"}}""",
        "operation.lifetime has to be one of managed, detached."
    )]
    [InlineData("""{"kind":"spawn_process","operation":{"lifetime":1}}""", "operation.lifetime has to be one of managed, detached.")]
    [InlineData("""{"kind":"spawn_process","operation":{"arguments":["a",1]}}""", "operation.arguments[1] has to be a text, or an object")]
    [InlineData("""{"kind":"spawn_process","operation":{"arguments":"a"}}""", "operation.arguments has to be a list.")]
    [InlineData("""{"kind":"spawn_process","operation":{"arguments":null}}""", "operation.arguments has to be a list.")]
    [InlineData(
        """{"kind":"spawn_process","operation":{"stop_sequence":{"steps":[{"signal":"NOPE"}]}}}""",
        "operation.stop_sequence.steps[0].signal has to be the name"
    )]
    [InlineData("""{"kind":"spawn_process","operation":{"time_limit":"soon"}}""", "operation.time_limit is not of the form")]
    [InlineData("""{"kind":"spawn_process","operation":{"program":"\ud800"}}""", "operation.program is not of the form")]
    [InlineData("""{"kind":"spawn_process","operation":{"\ud800":1}}""", "The text holds a name or a value that is not well-formed")]
    [InlineData("""{"kind":"spawn_process","operation":null}""", "operation is null.")]
    [InlineData("""{"kind":"spawn_process","operation":[]}""", "operation is not of the form")]
    [InlineData("""{"kind":"spawn_process"}""", "operation is missing.")]
    [InlineData(
        """{"kind":"spawn_process","version":2,"operation":{}}""",
        "version 2 of spawn_process is newer than what this program reads, which is 1."
    )]
    [InlineData("""{"kind":"spawn_process","version":0,"operation":{}}""", "version has to be a number from 1 on.")]
    [InlineData("""{"kind":"spawn_process","version":"1","operation":{}}""", "version has to be a number from 1 on.")]
    [InlineData(
        """{"kind":"format\u202e_disk","operation":{}}""",
        @"kind 'format\u202E_disk' is not known here; known are spawn_process, run_process,"
    )]
    [InlineData("""{"operation":{}}""", "kind is missing; known are spawn_process")]
    [InlineData("""{"kind":7,"operation":{}}""", "kind has to be a text; known are")]
    [InlineData("[1]", "The text is no JSON object.")]
    [InlineData("", "The text is no JSON of at most 32 levels: line 1, byte 1.")]
    [InlineData("{\n\"kind\": hunter2}", "The text is no JSON of at most 32 levels: line 2, byte 9.")]
    [InlineData("{} {}", "The text is no JSON")]
    public void What_is_wrong_is_named_and_values_are_not_shown(string json, params string[] messages)
    {
        var error = Assert.IsType<ValidationFailed>(Read(json).AsT1);
        Assert.All(messages, message => Assert.Contains(error.Failures, failure => failure.StartsWith(message, StringComparison.Ordinal)));
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_sizes_are_refused()
    {
        Assert.True(Read(new string('[', 100_000)).IsT1);
        Assert.True(OperationJson.Read(new byte[OperationJson.MaxBytes + 1], ProcessOperationKinds.All).IsT1);
        var fields = string.Join(',', Enumerable.Range(0, 50_000).Select(number => $"\"f{number}\":1"));
        var error = Assert.IsType<ValidationFailed>(Read($"{{\"kind\":\"spawn_process\",\"operation\":{{{fields}}}}}").AsT1);
        Assert.Equal(64, error.Failures.Count);
    }

    [Fact]
    public void A_newer_program_reads_what_an_older_version_of_a_kind_wrote()
    {
        var newer = ProcessOperationKinds.Query with { Version = 3 };
        Assert.Equal(
            new QueryProcessOperation(5),
            OperationJson.Read("""{"kind":"query_process","version":2,"operation":{"target":{"pid":5}}}""", [newer]).AsT0
        );
        Assert.Contains(
            "\"version\":3",
            OperationJson.Write(new QueryProcessOperation(5), newer, WrittenForm.Full),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void All_forms_of_writing_give_the_same()
    {
        var kind = ProcessOperationKinds.Spawn;
        var text = OperationJson.Write(Samples.Spawn, kind, WrittenForm.Full);
        Assert.Equal(text, Encoding.UTF8.GetString(OperationJson.WriteUtf8Bytes(Samples.Spawn, kind, WrittenForm.Full)));
        Assert.Equal(text, OperationJson.WriteElement(Samples.Spawn, kind, WrittenForm.Full).GetRawText());
        Assert.Equal(text, OperationJson.WriteRaw(Samples.Spawn, kind, WrittenForm.Full).ToString());
        Assert.Equal(
            RawJson.From(OperationJson.WriteElement(Samples.Spawn, kind, WrittenForm.Full)),
            OperationJson.WriteRaw(Samples.Spawn, kind, WrittenForm.Full)
        );
    }

    [Fact]
    public void A_custom_operation_with_a_list_of_its_own_is_written_and_read_like_ours()
    {
        var kind = new OperationKind<SetModes>
        {
            Name = "set_modes",
            Actions = [new("file.set-mode")],
            Json = CustomContext.Default.SetModes,
            Validator = new InlineValidator<SetModes>(),
            Redaction = modes => modes with { Files = modes.Files.Select(file => file with { Path = Argument.Mask }).ToValueList() },
        };
        var operation = new SetModes { Files = [new("/a", 7), new("/b", 0)] };
        var full = OperationJson.Write(operation, kind, WrittenForm.Full);
        Assert.Equal("""{"kind":"set_modes","version":1,"operation":{"Files":[{"Path":"/a","Mode":7},{"Path":"/b","Mode":0}]}}""", full);
        Assert.Equal(operation, OperationJson.Read(full, [kind]).AsT0);
        Assert.DoesNotContain("/a", OperationJson.Write(operation, kind, WrittenForm.Audit), StringComparison.Ordinal);

        // Refused even though its context would let unknown members pass.
        var read = OperationJson.Read("""{"kind":"set_modes","operation":{"Files":[{"Path":"/a","Moed":1}]}}""", [kind]);
        Assert.Equal("operation.Files[0].Moed is no field that is known here.", Assert.IsType<ValidationFailed>(read.AsT1).Failures[0]);
    }

    private static OneOf<IOperation, OperationError> Read(string json) => OperationJson.Read(json, ProcessOperationKinds.All);
}

internal sealed record SetModes : IOperation<StopResult>
{
    public ValueList<FileMode> Files { get; init; }

    internal sealed record FileMode(string Path, int Mode);
}

[JsonSourceGenerationOptions(Converters = [typeof(ValueListConverter<SetModes.FileMode>)])]
[JsonSerializable(typeof(SetModes))]
[JsonSerializable(typeof(SetModes.FileMode))]
internal sealed partial class CustomContext : JsonSerializerContext;
