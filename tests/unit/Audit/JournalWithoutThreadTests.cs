using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>A journal where the system gives no thread for its writer.</summary>
public sealed class JournalWithoutThreadTests : JournalFixture
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_thread_to_write_it_a_record_is_refused_and_nobody_waits(bool comesLater)
    {
        var isThere = false;
        void Start(Thread thread)
        {
            if (!isThere)
            {
                NoThreadException.Throw();
            }

            thread.UnsafeStart();
        }

        await using (var journal = Open(new() { StartThread = Start }))
        {
            var refused = Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("refused"), AuditGuarantee.Durable)).AsT1);
            Assert.Contains("no thread", refused.Because, StringComparison.Ordinal);
            Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("missing"), AuditGuarantee.BestEffort)).AsT1);
            if (comesLater)
            {
                isThere = true;
                Assert.Equal(1, await Append(journal, "after"));
            }
        }

        Assert.Equal(1, Entries()[0].Record!.GapCount);
        AssertClean(comesLater ? 2 : 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_closes_waits_for_a_lock_no_longer_than_anybody_else_and_not_in_the_kernel(bool isGivenBack)
    {
        var clock = new ManualTimeProvider();
        var looks = 0;
        using var holder = new JournalTail(JournalStorage.ForThisPlatform, Directory.CreateDirectory(Dir).FullName, new());
        holder.Lock();
        var storage = new FaultyStorage
        {
            BeforeLock = static () => throw new IOException("nobody comes back from there"),
            BeforeTryLock = () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                if (++looks == 3 && isGivenBack)
                {
                    holder.Unlock();
                }
            },
        };
        var journal = Open(
            new()
            {
                Storage = storage,
                TimeProvider = clock,
                StartThread = static _ => NoThreadException.Throw(),
            }
        );
        Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("missing"), AuditGuarantee.BestEffort)).AsT1);
        looks = 0;

        await journal.DisposeAsync();

        Assert.Equal(isGivenBack ? 3 : 6, looks);
        Assert.Equal(isGivenBack ? 1 : 0, Entries().Count);
    }

    [Fact]
    public async Task Who_closes_waits_longer_while_others_get_on()
    {
        var clock = new ManualTimeProvider();
        var looks = 0;
        using var holder = new JournalTail(JournalStorage.ForThisPlatform, Directory.CreateDirectory(Dir).FullName, new());
        holder.Lock();
        var storage = new FaultyStorage
        {
            BeforeLock = static () => throw new IOException("nobody comes back from there"),
            BeforeTryLock = () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                looks++;
                // What a holder leaves there, whatever it is: others see that it has changed.
                using var hint = new FileStream(Path.Combine(Dir, "LOCK"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                hint.Position = 16;
                hint.WriteByte((byte)looks);
            },
        };
        var journal = Open(
            new()
            {
                Storage = storage,
                TimeProvider = clock,
                StartThread = static _ => NoThreadException.Throw(),
            }
        );
        Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("missing"), AuditGuarantee.BestEffort)).AsT1);
        looks = 0;

        await journal.DisposeAsync();

        // Twelve times five seconds.
        Assert.InRange(looks, 60, 62);
    }
}
