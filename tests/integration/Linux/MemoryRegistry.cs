using System.Collections.Concurrent;
using Osl.Executors;
using Osl.Executors.Registry;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Linux;

/// <summary>A registry of nothing but memory. Counts what is reserved and not ended.</summary>
internal sealed class MemoryRegistry : ILaunchRegistry
{
    private readonly ConcurrentDictionary<Registration, GroupEntry?> _entries = new();
    private int _reserved;

    public OperationError? Refusal { get; set; }

    public int Open => _entries.Count;

    public int Reserved => Volatile.Read(ref _reserved);

    public IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries) => RegistrySystem.Current.CountMembers(entries);

    public OneOf<IRegistration, OperationError> Reserve(IRegistryPlan plan)
    {
        if (Refusal is not null)
        {
            return Refusal;
        }

        Interlocked.Increment(ref _reserved);
        var registration = new Registration(this, plan);
        _entries[registration] = null;
        return OneOf<IRegistration, OperationError>.FromT0(registration);
    }

    public GroupEntry? FindGroup(int pgid) => Live().FirstOrDefault(entry => entry.OwnsGroup && entry.Pgid == pgid);

    public GroupEntry? FindProcess(int pid) => Live().FirstOrDefault(entry => entry.Process.Pid == pid);

    public IReadOnlyList<GroupEntry> Live() => [.. _entries.Values.OfType<GroupEntry>()];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Registration(MemoryRegistry registry, IRegistryPlan plan) : IRegistration
    {
        public void Started(ProcessRef process, int pgid) =>
            registry._entries[this] = new GroupEntry(
                plan.Operation,
                process,
                pgid,
                plan.OwnsGroup,
                plan.Lifetime,
                Environment.ProcessId,
                plan.Context.Principal.ToString() ?? "",
                plan.Program,
                TimeProvider.System.GetUtcNow()
            )
            {
                Attached = plan.IsAttached,
            };

        public void Detached() => registry._entries[this] = registry._entries[this]! with { Lifetime = ProcessLifetime.Detached };

        public void Ended() => registry._entries.TryRemove(this, out _);
    }
}
