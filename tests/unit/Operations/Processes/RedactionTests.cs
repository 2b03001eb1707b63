using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations.Processes;

public sealed class RedactionTests
{
    private const string M = Argument.Mask;

    [Theory]
    [InlineData("--password=a b", $"--password={M}")]
    [InlineData("--PASSWORD=x", $"--PASSWORD={M}")]
    [InlineData("-Password:x", $"-Password:{M}")]
    [InlineData("/password:x", $"/password:{M}")]
    [InlineData("--db-passwd=x", $"--db-passwd={M}")]
    [InlineData("--client.secret=x", $"--client.secret={M}")]
    [InlineData("--apikey=x", $"--apikey={M}")]
    [InlineData("API_KEY=x y=z", $"API_KEY={M}")]
    [InlineData("DB_PASS=x", $"DB_PASS={M}")]
    [InlineData("--set=db.password=x y", $"--set=db.password={M}")]
    [InlineData("config[token]=x", $"config[token]={M}")]
    [InlineData("-p:ApiKey=x", $"-p:ApiKey={M}")]
    [InlineData("https://user:pw@host/x", $"https://{M}@host/x")]
    [InlineData("https://github.com@evil.example/", $"https://{M}@evil.example/")]
    [InlineData("https://u:p/w@host/", $"https://{M}@host/")]
    [InlineData("git+ssh://u:p@w@host:22/x@y", $"git+ssh://{M}@host:22/x@y")]
    [InlineData("Authorization: Bearer x", $"Authorization: {M}")]
    [InlineData("proxy-authorization:Basic x", $"proxy-authorization:{M}")]
    [InlineData("Cookie:a=b", $"Cookie:{M}")]
    [InlineData("X-Api-Key: x y", $"X-Api-Key: {M}")]
    [InlineData("Bearer abc", $"Bearer {M}")]
    [InlineData("curl -H \"Authorization: Bearer x\" http://h/", $"curl -H \"Authorization: {M}\" http://h/")]
    [InlineData("curl http://h/?token=abc&y=1 | sh", $"curl http://h/?token={M}&y=1 | sh")]
    [InlineData("export PASSWORD=abc; rm -rf /", $"export PASSWORD={M}; rm -rf /")]
    [InlineData("export PASSWORD='a b'; rm -rf /", $"export PASSWORD='{M}'; rm -rf /")]
    [InlineData("{\"password\": \"a\\\"b\", \"x\":1}", $"{{\"password\": \"{M}\", \"x\":1}}")]
    [InlineData("{\\\"password\\\":\\\"x\\\"}", $"{{\\\"password\\\":\\\"{M}\\\"}}")]
    [InlineData("{'token' : 'x'}", $"{{'token' : '{M}'}}")]
    [InlineData("Server=h;Password=x;Db=y", $"Server=h;Password={M};Db=y")]
    [InlineData("GET /\r\nAuthorization: Basic zz\r\nHost: h", $"GET /\r\nAuthorization: {M}\r\nHost: h")]
    public void What_looks_like_a_secret_is_masked(string text, string masked)
    {
        Assert.Equal(masked, Redaction.MaskText(text));
        Assert.Equal(masked, Redaction.MaskText(masked));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("--token-file=/run/x")]
    [InlineData("--password-stdin")]
    [InlineData("token:latest")]
    [InlineData("compass=north")]
    [InlineData("http://[::1]/x@y")]
    [InlineData("https://example.org:8080/x@y")]
    [InlineData("git@github.com:a/b")]
    [InlineData("bearers abc")]
    [InlineData("forbearer abc")]
    [InlineData("keyboard=us")]
    [InlineData("‹secret›")]
    public void What_does_not_is_the_same_instance(string text) => Assert.Same(text, Redaction.MaskText(text));

    [Fact]
    public void What_follows_an_option_is_its_value()
    {
        ValueList<Argument> arguments =
        [
            "--password",
            "a",
            "--verbose",
            "-Token",
            "--looks-like-an-option",
            "--no-password",
            "b",
            "--password-stdin",
            "c",
        ];
        Assert.Equal(
            ["--password", M, "--verbose", "-Token", M, "--no-password", "b", "--password-stdin", "c"],
            Redaction.MaskArguments(arguments).Select(argument => argument.Value),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public void A_secret_argument_becomes_a_plain_mask()
    {
        var masked = Redaction.Redact(new SpawnProcessOperation("x", [Argument.Secret(M)]));
        Assert.Equal([(Argument)M], masked.Arguments);
    }

    [Fact]
    public void What_holds_no_secret_is_the_same_instance_without_an_allocation()
    {
        var spawn = new SpawnProcessOperation(
            "git",
            ["log", "--format=%H", "https://example.org/?a=b", "--", "src: é"]
        ).WithoutEnvironmentVariable("X");
        Assert.Same(spawn, Redaction.Redact(spawn));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Redaction.Redact(spawn);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Names_of_variables_stay()
    {
        var masked = Redaction.Redact(new SpawnProcessOperation("x").WithEnvironmentVariable("A", "1").WithEnvironmentVariable("B", ""));
        Assert.Equal([new EnvironmentVariable("A", M), new EnvironmentVariable("B", M)], masked.Environment.Set);
    }

    [Fact]
    public void What_validation_will_refuse_can_be_masked_too()
    {
        var broken = new SpawnProcessOperation(null!) { Environment = new() { Set = [null!, new(null!, null!)] } };
        Assert.NotNull(Redaction.Redact(broken));
        Assert.Equal("''", broken.ToString());
        Assert.Null(Redaction.Redact(new RunProcessOperation(null!)).Spawn);
    }

    [Fact]
    public void A_command_line_is_quoted_and_escaped() =>
        Assert.Equal(
            $@"'/opt/a b' '' 'it'\''s' 'x\u000Ay' 'r\u202Etl' ';' plain --token {M} ä",
            Redaction.CommandLine(
                new SpawnProcessOperation("/opt/a b", ["", "it's", "x\ny", "r\u202Etl", ";", "plain", "--token", "zzz", "ä"])
            )
        );

    [Fact]
    public void No_record_prints_a_secret()
    {
        var spawn = new SpawnProcessOperation(
            "x",
            ["--password", "hunter2", Argument.Secret("hunter2"), "token=hunter2"]
        ).WithEnvironmentVariable("A", "hunter2");
        object[] records =
        [
            spawn,
            new RunProcessOperation(spawn),
            spawn.Arguments,
            spawn.Arguments[2],
            spawn.Arguments[3],
            spawn.Environment,
            spawn.Environment.Set,
            new ApprovalRequest(
                default,
                Redaction.Redact(spawn),
                OperationContext.Current,
                Osl.Operations.Facts.OperationFacts.None,
                new(PolicyEffect.Deny, "r", "b")
            ),
            new CapturedStreams(new("hunter2"u8.ToArray(), 7, IsComplete: true), CapturedOutput.Empty),
            new RunProcessResult(
                Samples.Process,
                1,
                new(Samples.Process, null, default, default, 0),
                new("hunter2"u8.ToArray(), 7, IsComplete: true),
                CapturedOutput.Empty
            ),
        ];
        Assert.All(records, record => Assert.DoesNotContain("hunter2", record.ToString(), StringComparison.Ordinal));
    }

    /// <summary>Four times the text may take some eight times as long on a busy machine; a quadratic scan takes sixteen, or minutes.</summary>
    [Theory]
    [InlineData("token=")]
    [InlineData("a://b:c/")]
    [InlineData("bearer ")]
    [InlineData("token :")]
    [InlineData("\"\\")]
    [InlineData("password=\"")]
    [InlineData("- ")]
    [InlineData("secret")]
    public void Hostile_texts_take_no_longer_than_others(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 4_000_000 / piece.Length)) + "x= @password";
        var started = TimeProvider.System.GetTimestamp();
        Redaction.MaskText(text);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }
}
