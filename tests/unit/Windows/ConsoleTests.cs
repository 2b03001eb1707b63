using Osl.Executors.Windows;
using Osl.Interop.Windows;

namespace Osl.Tests.Unit.Windows;

/// <summary>Who hears of an event that is sent at a console; the console itself is not asked.</summary>
public sealed class ConsoleTests : IDisposable
{
    // No multiples of four, as every pid of Windows is.
    private const int OurLeader = 5_000_001;
    private const int TheirLeader = 5_000_002;
    private const int Descendant = 5_000_003;
    private const int Bystander = 5_000_005;

    private static readonly int Self = Environment.ProcessId;

    public ConsoleTests()
    {
        ConsoleGroups.Add(OurLeader, atOurs: true);
        ConsoleGroups.Add(TheirLeader, atOurs: false);
    }

    public void Dispose()
    {
        ConsoleGroups.Remove(OurLeader);
        ConsoleGroups.Remove(TheirLeader);
    }

    [Fact]
    public void At_our_console_a_member_that_leads_no_group_is_never_named()
    {
        Assert.Equal([OurLeader], ConsoleGroups.AtOurs(OurLeader, [OurLeader, Descendant], [Self, OurLeader, Descendant, Bystander]));
        Assert.Empty(ConsoleGroups.AtOurs(Descendant, [Descendant], [Self, OurLeader, Descendant]));
        Assert.Empty(ConsoleGroups.AtOurs(Bystander, [Bystander, Descendant], [Self, Bystander, Descendant]));
    }

    [Fact]
    public void At_our_console_an_event_for_everybody_is_never_sent()
    {
        Assert.Empty(ConsoleGroups.AtOurs(Descendant, [Descendant], [Self, Descendant]));
        Assert.Empty(ConsoleGroups.AtOurs(ConsoleGroups.Everybody, [Descendant], [Self, Descendant]));
    }

    [Fact]
    public void A_leader_that_has_ended_still_names_its_group_until_its_pid_is_let_go()
    {
        Assert.Equal([OurLeader], ConsoleGroups.AtOurs(OurLeader, [Descendant], [Self, Descendant]));

        ConsoleGroups.Remove(OurLeader);

        Assert.Empty(ConsoleGroups.AtOurs(OurLeader, [Descendant], [Self, Descendant]));
    }

    [Fact]
    public void Who_leads_at_another_console_leads_nobody_at_ours()
    {
        Assert.Empty(ConsoleGroups.AtOurs(TheirLeader, [TheirLeader, Descendant], [Self, Descendant]));
        Assert.Empty(ConsoleGroups.AtTheirs(OurLeader, [OurLeader, Descendant], [Self, Descendant, Bystander]));
    }

    [Fact]
    public void At_a_console_that_is_visited_everybody_is_named_only_where_everybody_is_meant()
    {
        Assert.Equal([TheirLeader], ConsoleGroups.AtTheirs(TheirLeader, [TheirLeader], [Self, TheirLeader, Descendant]));
        Assert.Equal([ConsoleGroups.Everybody], ConsoleGroups.AtTheirs(Bystander, [Bystander, Descendant], [Self, Bystander, Descendant]));
        Assert.Empty(ConsoleGroups.AtTheirs(Descendant, [Descendant], [Self, Bystander, Descendant]));
    }

    [Theory]
    [InlineData(Kernel32.CTRL_C_EVENT)]
    [InlineData(Kernel32.CTRL_BREAK_EVENT)]
    public void The_host_hears_what_is_typed_at_a_console_of_its_own(uint typed)
    {
        Assert.False(ConsoleBreak.IsOfAVisit(typed, visiting: false, atOurs: 1));
        Assert.True(ConsoleBreak.IsOfAVisit(typed, visiting: true, atOurs: 2));
        Assert.True(ConsoleBreak.IsOfAVisit(typed, visiting: false, atOurs: 0));
    }

    [Fact]
    public void The_end_of_a_session_is_never_kept_from_the_host()
    {
        const uint CloseEvent = 2;
        Assert.False(ConsoleBreak.IsOfAVisit(CloseEvent, visiting: true, atOurs: 0));
    }
}
