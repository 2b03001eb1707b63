using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Osl.Cli.Parsing;
using Osl.Hosting.Templates;
using Osl.Operations.Processes;

namespace Osl.Cli.Commands;

/// <summary>The options of run that are about what the program may be, use and leave: account, privileges, limits, containment.</summary>
internal sealed class ContextOptions
{
    private const int PermissionBits = 0x1FF;
    private const int Octal = 8;
    private const int LowestNice = -20;
    private const int HighestNice = 19;

    /// <summary>What --containment takes.</summary>
    internal static IEnumerable<string> Levels => ContainmentLevels.ByWord.Keys;

    private readonly Option<Containment?> _containment = new("--containment")
    {
        HelpName = "LEVEL",
        Description =
            "Hold it together at least by this: group, session, cgroup or pidns (a pid namespace). What can't be had is an error.",
        CustomParser = result =>
        {
            if (ContainmentLevels.ByWord.TryGetValue(result.Tokens[0].Value, out var level))
            {
                return level;
            }

            result.AddError($"--containment: '{result.Tokens[0].Value}' is none of {string.Join(", ", Levels)}.");
            return null;
        },
    };

    private readonly Option<string?> _user = new("--user")
    {
        HelpName = "NAME",
        Description = "Run it as this account, with the account's groups; a name or a number. Its environment stays as it is.",
    };

    private readonly Option<bool> _noNewPrivileges = Values.Flag(
        "--no-new-privileges",
        "Set-uid programs such as sudo gain it nothing (no_new_privs)."
    );

    private readonly Option<int?> _umask = new("--umask")
    {
        HelpName = "MASK",
        Description = "Its file mode creation mask, octal, such as 027.",
        CustomParser = result => ParseMask(result),
    };

    private readonly Option<int?> _nice = new("--nice")
    {
        HelpName = "N",
        Description = "Its nice value, -20 to 19; below that of osl it needs a privilege.",
        CustomParser = result =>
        {
            if (
                int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nice)
                && nice is >= LowestNice and <= HighestNice
            )
            {
                return nice;
            }

            result.AddError($"--nice: '{result.Tokens[0].Value}' is no number from {LowestNice} to {HighestNice}.");
            return null;
        },
    };

    private readonly Option<string[]> _limit = new("--limit")
    {
        HelpName = "NAME=VALUE",
        Description = $"Limit it; can be repeated. NAME is {LimitText.Names}. Sizes may end with K, M or G.",
    };

    internal void AddTo(Command command)
    {
        _limit.Validators.Add(RequireLimit);
        foreach (var option in (Option[])[_containment, _user, _noNewPrivileges, _umask, _nice, _limit])
        {
            command.Options.Add(option);
        }
    }

    internal SpawnProcessOperation AddTo(SpawnProcessOperation spawn, ParseResult parse)
    {
        var limits = (parse.GetValue(_limit) ?? []).Aggregate((ResourceLimits?)null, (all, text) => LimitText.Add(all, text, out _));
        return spawn with
        {
            Containment = parse.GetValue(_containment) ?? spawn.Containment,
            RunAs = parse.GetValue(_user) is { } user ? new RunAs(user) : spawn.RunAs,
            Privileges = parse.GetValue(_noNewPrivileges) ? new PrivilegeConfig { NoNewPrivileges = true } : spawn.Privileges,
            Umask = parse.GetValue(_umask) ?? spawn.Umask,
            Nice = parse.GetValue(_nice) ?? spawn.Nice,
            Limits = limits,
        };
    }

    private static void RequireLimit(OptionResult option)
    {
        ResourceLimits? limits = null;
        foreach (var token in option.Tokens)
        {
            limits = LimitText.Add(limits, token.Value, out var flaw);
            if (flaw is not null)
            {
                option.AddError($"--limit: {flaw}");
            }
        }
    }

    private static int? ParseMask(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var mask = 0;
        foreach (var digit in text)
        {
            mask = digit is >= '0' and <= '7' && mask <= PermissionBits ? (mask * Octal) + (digit - '0') : int.MaxValue;
        }

        if (text.Length > 0 && mask <= PermissionBits)
        {
            return mask;
        }

        result.AddError($"--umask: '{text}' is no octal number from 0 to 777.");
        return null;
    }
}
