using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations;

public sealed class OperationPropertyTests
{
    [Fact]
    public void What_validation_accepts_survives_the_full_form_unchanged()
    {
        var accepted = 0;
        ForAll(
            OperationGenerators.Any,
            sample =>
            {
                if (sample.Kind.Validate(sample.Operation).Count > 0)
                {
                    return true;
                }

                accepted++;
                var written = OperationJson.Write(sample.Operation, sample.Kind, WrittenForm.Full);
                var read = OperationJson.Read(written, ProcessOperationKinds.All);
                return read.TryPickT0(out var operation, out _) && operation.Equals(sample.Operation);
            },
            count: 1000
        );

        // Else the property would hold of nothing.
        Assert.True(accepted > 200, $"{accepted} of 1000 were accepted");
    }

    [Fact]
    public void Any_operation_can_be_written_for_the_journal_valid_or_not() =>
        ForAll(
            OperationGenerators.Any,
            sample =>
                OperationJson.WriteRaw(sample.Operation, sample.Kind, WrittenForm.Audit).Utf8.IndexOfAnyExceptInRange((byte)' ', (byte)'~')
                < 0
        );

    [Fact]
    public void No_secret_is_in_any_form_but_the_full_one() =>
        ForAll(
            OperationGenerators.WithSecret,
            sample =>
            {
                var (secret, spawn) = sample;
                var run = new RunProcessOperation(spawn);
                string[] shown =
                [
                    spawn.ToString(),
                    run.ToString(),
                    spawn.Arguments.ToString(),
                    spawn.Environment.ToString(),
                    Redaction.CommandLine(spawn),
                    OperationJson.Write(spawn, ProcessOperationKinds.Spawn, WrittenForm.Audit),
                    OperationJson.Write(run, ProcessOperationKinds.Run, WrittenForm.Audit),
                    ErrorText(ProcessOperationKinds.Spawn, spawn with { Umask = -1 }),
                    ErrorText(ProcessOperationKinds.Run, run with { Spawn = spawn with { Nice = 99 } }),
                    ErrorText(ProcessOperationKinds.Spawn, spawn with { Program = "" }),
                ];
                var full = OperationJson.Write(spawn, ProcessOperationKinds.Spawn, WrittenForm.Full);
                return full.Contains(secret, StringComparison.Ordinal)
                    && Array.TrueForAll(shown, text => !text.Contains(secret, StringComparison.Ordinal));
            },
            count: 1000
        );

    [Fact]
    public void Masking_twice_changes_nothing() =>
        ForAll(
            OperationGenerators.WithSecret,
            sample =>
            {
                var once = Redaction.Redact(sample.Spawn);
                return ReferenceEquals(once, Redaction.Redact(once)) && once.Arguments.Count == sample.Spawn.Arguments.Count;
            },
            count: 1000
        );

    [Fact]
    public void Masking_any_text_twice_changes_nothing()
    {
        var pieces = Gen.Elements(
            "token",
            "=",
            ":",
            " ",
            "\"",
            "'",
            "\\",
            "://",
            "@",
            "bearer ",
            "Password",
            "-",
            "/",
            "?",
            "&",
            "x",
            "‹secret›",
            "\n",
            "auth",
            "]",
            "{"
        );
        ForAll(
            pieces.ArrayOf().Select(string.Concat),
            text =>
            {
                var once = Redaction.MaskText(text);
                return string.Equals(once, Redaction.MaskText(once), StringComparison.Ordinal);
            },
            count: 20_000
        );
    }

    [Fact]
    public void Escaping_twice_changes_nothing_and_leaves_nothing_a_terminal_obeys() =>
        ForAll(
            Gen.Choose(0, 0xFFFF).Select(unit => (char)unit).ArrayOf().Select(units => new string(units)),
            text =>
            {
                var once = DisplayText.Escape(text);
                return ReferenceEquals(once, DisplayText.Escape(once)) && !once.Any(char.IsControl);
            },
            count: 500
        );

    [Fact]
    public void Reading_never_throws_whatever_the_bytes()
    {
        var written = OperationGenerators.Any.Select(sample =>
            OperationJson.WriteUtf8Bytes(sample.Operation, sample.Kind, WrittenForm.Full)
        );
        ForAll(
            Damaged(written),
            bytes =>
            {
                var read = OperationJson.Read(bytes, ProcessOperationKinds.All);
                _ = OperationJson.Read(Encoding.UTF8.GetString(bytes), ProcessOperationKinds.All);

                // What can be read can be judged and written again.
                return read.Match(
                    operation =>
                    {
                        var kind = ProcessOperationKinds.All.Single(known => known.OperationClass == operation.GetType());
                        _ = kind.Validate(operation);
                        _ = operation.ToString();
                        return OperationJson.Write(operation, kind, WrittenForm.Audit).Length > 0;
                    },
                    error => error is ValidationFailed { Failures.Count: > 0 }
                );
            },
            count: 3000
        );
    }

    [Fact]
    public void Reading_a_damaged_record_never_throws() =>
        ForAll(
            Damaged(
                OperationGenerators.Any.Select(sample =>
                    AuditRecordJsonTests.Bytes(
                        AuditRecordJsonTests.Whole with
                        {
                            RequestJson = OperationJson.WriteRaw(sample.Operation, sample.Kind, WrittenForm.Audit),
                        }
                    )
                )
            ),
            bytes => AuditRecordJson.TryRead(bytes, out var record) == record is not null,
            count: 2000
        );

    private static string ErrorText(OperationKind kind, IOperation operation) => new ValidationFailed(kind.Validate(operation)).ToString();

    /// <summary>A form with some bytes changed, cut out, repeated or put in.</summary>
    private static Gen<byte[]> Damaged(Gen<byte[]> written) =>
        from bytes in written
        from damages in (
            from way in Gen.Choose(0, 4)
            from place in Gen.Choose(0, 100_000)
            from length in Gen.Choose(1, 12)
            from value in Gen.Elements("{}[]\",:\\0u-e\u0001\u007fntf "u8.ToArray())
            select (way, place, length, value)
        ).ArrayOf(3)
        select damages.Aggregate(bytes, (current, damage) => Damage(current, damage.way, damage.place, damage.length, damage.value));

    private static byte[] Damage(byte[] bytes, int way, int place, int length, byte value)
    {
        var at = place % (bytes.Length + 1);
        var end = Math.Min(bytes.Length, at + length);
        return way switch
        {
            0 => [.. bytes[..at], value, .. bytes[at..]],
            1 => [.. bytes[..at], .. bytes[end..]],
            2 => [.. bytes[..at], .. bytes[at..end], .. bytes[at..]],
            3 => [.. bytes[..at], .. Enumerable.Repeat(value, end - at), .. bytes[end..]],
            _ => bytes[..at],
        };
    }

    private static void ForAll<T>(Gen<T> generator, Func<T, bool> holds, int count = 300) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true), Prop.ForAll(generator.ToArbitrary(), holds));
}
