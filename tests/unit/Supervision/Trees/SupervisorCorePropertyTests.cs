using FsCheck;
using FsCheck.Fluent;
using Osl.Supervision.Trees;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Trees;

/// <summary>
/// Whatever happens, in whatever order: no child is started twice or beside what is left of it (checked by the world with every step),
/// none is forgotten, and the end always comes.
/// </summary>
public sealed class SupervisorCorePropertyTests
{
    [Theory]
    [InlineData(RestartStrategy.OneForOne, 3)]
    [InlineData(RestartStrategy.OneForOne, 1000)]
    [InlineData(RestartStrategy.OneForAll, 3)]
    [InlineData(RestartStrategy.OneForAll, 1000)]
    [InlineData(RestartStrategy.RestForOne, 3)]
    [InlineData(RestartStrategy.RestForOne, 1000)]
    public void Nobody_is_started_twice_or_forgotten_and_the_end_comes(RestartStrategy strategy, int maxRestarts) =>
        Prop.ForAll(Gen.ArrayOf(Gen.Choose(0, 1_000_000)).Resize(120).ToArbitrary(), choices => Play(strategy, maxRestarts, choices))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    private static void Play(RestartStrategy strategy, int maxRestarts, int[] choices)
    {
        var world = new CoreWorld(
            strategy,
            maxRestarts,
            ChildKind.Permanent,
            ChildKind.Transient,
            ChildKind.Temporary,
            ChildKind.Permanent
        );
        foreach (var choice in choices)
        {
            // Now and then somebody adds, removes, or asks for the end; else something happens by itself.
            switch (choice % 40)
            {
                case 0:
                    world.Add($"new{choice % 5}", (ChildKind)(choice / 40 % 3));
                    break;
                case 1:
                    world.Remove(choice / 40);
                    break;
                case 2 when choice % 3 == 0:
                    world.Stop();
                    break;
                default:
                    world.Step(choice / 40);
                    break;
            }
        }

        var next = 0;
        world.Settle(Choose);
        // Nobody ends when he is asked: only the graces and the cleaning are left to rely on.
        world.Stop();
        world.Settle(Choose);
        Assert.NotNull(world.Outcome);

        int Choose() => choices.Length == 0 ? 0 : choices[next++ % choices.Length];
    }
}
