using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;

namespace Osl.Bench;

/// <summary>One decision of a policy of a thousand rules, for a team of seven hundred, on a hundred programs.</summary>
internal sealed class PolicyBench
{
    private readonly CompiledPolicy _policy = Policy(1000);
    private readonly OperationContext _context = new(new Principal("user-7") { Roles = ["team-3"] });
    private readonly SpawnProcessOperation _operation = new SpawnProcessOperation("program-7").WithArguments(["status", "--short", "-b"]);
    private readonly OperationFacts _allowed = Facts("/usr/bin/program-7");
    private readonly OperationFacts _denied = Facts("/usr/bin/another");

    /// <summary>One that is allowed and one that is denied in turn; microseconds and bytes for each.</summary>
    internal async Task<(double Microseconds, double Bytes)> MeasureAsync(int rounds, int count)
    {
        if (Decide(_allowed) != PolicyEffect.Allow || Decide(_denied) != PolicyEffect.Deny)
        {
            throw new InvalidOperationException("The policy decides otherwise than is measured.");
        }

        var turn = 0;
        ValueTask DecideAsync()
        {
            _ = Decide((turn++ & 1) == 0 ? _allowed : _denied);
            return ValueTask.CompletedTask;
        }

        var times = await Measure.RoundsAsync(rounds, ("decide", () => Measure.PerCallAsync(count, 1, DecideAsync)));
        return (times[0].Value, await Measure.AllocatedAsync(count, DecideAsync));
    }

    private PolicyEffect Decide(OperationFacts facts) => _policy.Decide(ProcessActions.Start, _operation, _context, facts).Effect;

    private static OperationFacts Facts(string program) =>
        new()
        {
            Executable = new ExecutableFacts("program-7", program, program, 1, 1, 0, 0x1ed, null),
            RealWorkingDirectory = "/srv/repos/one",
            EnvironmentNames = ["HOME", "LANG", "PATH", "SHELL"],
        };

    private static CompiledPolicy Policy(int rules)
    {
        var builder = new PolicyBuilder();
        for (var i = 0; i < rules; i++)
        {
            var (user, team, program) = ($"user-{i % 700}", $"role:team-{i % 7}", $"/usr/bin/program-{i % 100}");
            builder.Allow(
                $"rule-{i}",
                rule =>
                    rule with
                    {
                        Principals = [user, team],
                        Actions = ["process.start"],
                        Executable = new ExecutableCondition { Paths = [program] },
                        Arguments = ArgumentPattern.Of(ArgumentElement.OneOf("status", "log"), ArgumentElement.Rest("--?[a-z-]+")),
                        WorkingDirectory = new PathCondition { Under = ["/srv/repos"] },
                    }
            );
        }

        return builder.Compile().Match(policy => policy, refusal => throw new InvalidOperationException(refusal.ToString()));
    }
}
