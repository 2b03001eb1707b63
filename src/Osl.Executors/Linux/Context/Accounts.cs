using System.Globalization;
using System.Text;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Looks up accounts and groups as the system's own login does: by getpwnam_r(3) and its like, hence from wherever nsswitch.conf says.
/// No variable of the environment has a say in it (adr/0034-launch-thread.md).
/// </summary>
internal static unsafe class Accounts
{
    private const int FirstBuffer = 1024;

    /// <summary>An entry of a directory that has more than this is none.</summary>
    private const int LargestBuffer = 1 << 20;

    private const int MostGroups = 65_536;

    /// <summary>What setresuid(2) and its like take for "no change".</summary>
    private const uint NoChange = uint.MaxValue;

    internal static OneOf<SpawnContext, OperationError> Find(RunAs asked)
    {
        var error = FindUser(asked.User, out var user);
        if (error != 0)
        {
            return Unreadable(asked.User, error);
        }

        if (user is null)
        {
            return Missing("account", asked.User);
        }

        if (asked.Group is null && user.Value.Group is null)
        {
            return new NotFound(
                $"a group for uid {user.Value.Id}, which has no account",
                "Name the group too (RunAs.Group): there is no account that has one."
            )
            {
                Thing = MissingThing.Account,
            };
        }

        var own = user.Value.Group is { } primary ? GroupsOf(user.Value.Name, primary) : [];
        var foreign = new List<AccountFacts>();
        var gid = user.Value.Group ?? 0;
        if (asked.Group is not null)
        {
            if (FindGroup(asked.Group, own, foreign).TryPickT1(out var bad, out var group))
            {
                return bad;
            }

            gid = group;
        }

        var groups = own;
        if (asked.SupplementaryGroups.Count > 0)
        {
            groups = [];
            foreach (var name in asked.SupplementaryGroups)
            {
                if (FindGroup(name, own, foreign).TryPickT1(out var bad, out var group))
                {
                    return bad;
                }

                groups.Add(group);
            }
        }

        var account = new LaunchAccount(user.Value.Name, user.Value.Id, gid, groups.Distinct().ToValueList());
        return new SpawnContext(
            account,
            new RunAsFacts(new AccountFacts(account.Name, account.Uid)) { ForeignGroups = foreign.ToValueList() },
            null
        );
    }

    private static OneOf<uint, OperationError> FindGroup(string asked, List<uint> own, List<AccountFacts> foreign)
    {
        var error = FindGroup(asked, out var group);
        if (error != 0)
        {
            return Unreadable(asked, error);
        }

        if (group is not { } found)
        {
            return Missing("group", asked);
        }

        if (!own.Contains(found.Id))
        {
            foreign.Add(new AccountFacts(found.Name, found.Id));
        }

        return found.Id;
    }

    /// <summary>A name goes before a number, as with chown(1). A number needs no account of that number.</summary>
    private static int FindUser(string asked, out (string Name, uint Id, uint? Group)? user)
    {
        user = null;
        var error = Read(
            (buffer, length) =>
            {
                Libc.PasswordEntry entry;
                Libc.PasswordEntry* result;
                var answer = Libc.GetPasswordByName(asked, &entry, buffer, length, &result);
                return (answer, result is null ? null : (Text(entry.Name), entry.Uid, entry.Gid));
            },
            out var found
        );
        if (error == 0 && found is null && Number(asked) is { } uid)
        {
            error = Read(
                (buffer, length) =>
                {
                    Libc.PasswordEntry entry;
                    Libc.PasswordEntry* result;
                    var answer = Libc.GetPasswordById(uid, &entry, buffer, length, &result);
                    return (answer, result is null ? null : (Text(entry.Name), entry.Uid, entry.Gid));
                },
                out found
            );
            user = found is null ? (uid.ToString(CultureInfo.InvariantCulture), uid, null) : null;
        }

        user = found is { } known && known.Id != NoChange ? (known.Name, known.Id, known.Group) : user;
        return error;
    }

    private static int FindGroup(string asked, out (string Name, uint Id)? group)
    {
        group = null;
        var error = Read(
            (buffer, length) =>
            {
                Libc.GroupEntry entry;
                Libc.GroupEntry* result;
                var answer = Libc.GetGroupByName(asked, &entry, buffer, length, &result);
                return (answer, result is null ? null : (Text(entry.Name), entry.Gid, 0));
            },
            out var found
        );
        if (error == 0 && found is null && Number(asked) is { } gid)
        {
            error = Read(
                (buffer, length) =>
                {
                    Libc.GroupEntry entry;
                    Libc.GroupEntry* result;
                    var answer = Libc.GetGroupById(gid, &entry, buffer, length, &result);
                    return (answer, result is null ? null : (Text(entry.Name), entry.Gid, 0));
                },
                out found
            );
            group = found is null ? (asked, gid) : null;
        }

        group = found is { } known && known.Id != NoChange ? (known.Name, known.Id) : group;
        return error;
    }

    private static List<uint> GroupsOf(string name, uint primary)
    {
        for (var room = 64; ; room *= 4)
        {
            var groups = new uint[room];
            var count = room;
            fixed (uint* start = groups)
            {
                if (Libc.GetGroupList(name, primary, start, ref count) >= 0 || room >= MostGroups)
                {
                    return [.. groups.Take(Math.Min(count, room))];
                }
            }
        }
    }

    /// <summary>What one of the functions answers into a buffer that is made larger until the entry fits.</summary>
    private static int Read(Lookup lookup, out (string Name, uint Id, uint Group)? found)
    {
        for (var length = FirstBuffer; ; length *= 4)
        {
            int error;
            fixed (byte* start = new byte[length])
            {
                (error, found) = lookup(start, length);
            }

            if (error == Errno.EINTR)
            {
                length /= 4;
            }
            else if (error != Errno.ERANGE || length >= LargestBuffer)
            {
                // getpwnam(3): some libraries tell so that nobody is of that name.
                return found is null && error is Errno.ENOENT or Errno.ESRCH or Errno.EBADF or Errno.EPERM ? 0 : error;
            }
        }
    }

    private delegate (int Error, (string Name, uint Id, uint Group)? Found) Lookup(byte* buffer, nint length);

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != NoChange ? number : null;

    private static string Text(byte* text) =>
        Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    private static NotFound Missing(string what, string name) =>
        new($"the {what} '{name}'", "Check the name (getent passwd, getent group), or give the number.") { Thing = MissingThing.Account };

    private static OperationFailed Unreadable(string name, int error) =>
        new(
            "account_unreadable",
            $"The account or group '{name}' could not be looked up ({Errno.Name(error)}).",
            "Check the services that nsswitch.conf names, or give numbers."
        );
}
