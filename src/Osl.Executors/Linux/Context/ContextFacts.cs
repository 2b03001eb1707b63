using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>What prepare finds out about the context a spawn asks for: whom it names, and whether it raises anything.</summary>
internal static class ContextFacts
{
    internal static OneOf<SpawnContext, OperationError> Read(SpawnProcessOperation operation)
    {
        var context = SpawnContext.AsHost;
        if (operation.RunAs is { } account)
        {
            var found = Accounts.Find(account);
            if (found.TryPickT1(out var missing, out context))
            {
                return missing;
            }
        }

        if (operation.Privileges?.Capabilities is { } capabilities)
        {
            foreach (var name in capabilities)
            {
                if (CapabilityNames.BitOf(name) < 0)
                {
                    return new Unsupported($"the capability {name}, which is not known here", "Name one of capabilities(7).");
                }
            }
        }

        return context with
        {
            ElevationReason = Elevation(operation, context.Account),
        };
    }

    /// <summary>adr/0010-elevation.md: lowering never counts, and from root every other account is lower.</summary>
    private static string? Elevation(SpawnProcessOperation operation, LaunchAccount? account)
    {
        var raised =
            account is not null && HostIdentity.EffectiveUid != 0 && !IsHost(account)
                ? $"it runs as {account.Name}, which is not the host's account"
            : operation.Nice is { } nice && nice < Libc.NiceOfThread() ? "a nice value below the host's own"
            : operation.IoPriority is { Class: IoPriorityClass.RealTime } ? "real-time priority for disks"
            : null;
        if (raised is not null)
        {
            return raised;
        }

        if (operation.Limits is { } limits && RequestedLimits.Raised(RequestedLimits.Of(limits)) is { } limit)
        {
            return $"a limit of {limit} above the host's own";
        }

        if (operation.Privileges?.Capabilities is { } capabilities)
        {
            var own = HostPrivileges.Read().Permitted;
            foreach (var name in capabilities)
            {
                if ((own >> CapabilityNames.BitOf(name) & 1) == 0)
                {
                    return $"{name}, which the host itself has not";
                }
            }
        }

        return null;
    }

    private static unsafe bool IsHost(LaunchAccount account)
    {
        if (account.Uid != Libc.GetEuid() || account.Gid != Libc.GetEgid())
        {
            return false;
        }

        return account.Groups.All(group => HostGroups().Contains(group));
    }

    /// <summary>The supplementary groups of the host, and its own.</summary>
    internal static unsafe HashSet<uint> HostGroups()
    {
        var groups = new uint[Math.Max(0, Libc.GetGroups(0, null))];
        fixed (uint* start = groups)
        {
            _ = Libc.GetGroups(groups.Length, start);
        }

        return [.. groups, (uint)Libc.GetEgid()];
    }
}
