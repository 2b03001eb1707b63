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
        using var holder = Held();
        var looks = await CloseAsync(look =>
        {
            if (look == 3 && isGivenBack)
            {
                holder.Unlock();
            }
        });

        Assert.Equal(isGivenBack ? 3 : 6, looks);
        Assert.Equal(isGivenBack ? 1 : 0, Entries().Count);
    }

    [Fact]
    public async Task Who_closes_waits_longer_while_others_get_on()
    {
        using var holder = Held();
        var looks = await CloseAsync(look =>
        {
            // What a holder leaves there, whatever it is: others see that it has changed.
            using var hint = new FileStream(Path.Combine(Dir, "LOCK"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            hint.Position = 16;
            hint.WriteByte((byte)look);
        });

        // Twelve times five seconds.
        Assert.InRange(looks, 60, 62);
    }

    /// <summary>The log, whose lock another process has.</summary>
    private JournalTail Held()
    {
        var holder = new JournalTail(JournalStorage.ForThisPlatform, Directory.CreateDirectory(Dir).FullName, new());
        holder.Lock();
        return holder;
    }

    /// <summary>Closes a journal that has refused a record for want of a thread; whoever is left in the kernel by it never comes back.</summary>
    /// <param name="atLook">What happens at each look for the lock, a second after the one before; counted from the first of the close.</param>
    /// <returns>How many looks the close took.</returns>
    private async Task<int> CloseAsync(Action<int> atLook)
    {
        var clock = new ManualTimeProvider();
        var looks = 0;
        var isClosing = false;
        var storage = new FaultyStorage
        {
            BeforeLock = static () => throw new IOException("nobody comes back from there"),
            BeforeTryLock = () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                if (isClosing)
                {
                    atLook(++looks);
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
        isClosing = true;
        await journal.DisposeAsync();
        return looks;
    }
}
