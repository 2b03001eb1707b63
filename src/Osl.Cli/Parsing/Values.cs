using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Osl.Operations.Processes;

namespace Osl.Cli.Parsing;

/// <summary>Options and arguments whose text is read strictly. What is wrong is named; values that may be secret are not repeated.</summary>
internal static class Values
{
    /// <param name="name">The option.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="longest">The bound of the operation that takes it; null where every duration will do.</param>
    internal static Option<TimeSpan?> Duration(string name, string description, TimeSpan? longest = null)
    {
        var option = new Option<TimeSpan?>(name) { HelpName = "D", Description = $"{description} D is {Durations.Form}." };
        option.CustomParser = result =>
        {
            if (Durations.TryParse(result.Tokens[0].Value, out var duration))
            {
                if (duration > longest)
                {
                    result.AddError($"{name}: '{result.Tokens[0].Value}' is more than {Durations.DescribeBound(longest.Value)}.");
                }

                return duration;
            }

            result.AddError($"{name}: '{result.Tokens[0].Value}' is no duration; write {Durations.Form}.");
            return null;
        };
        return option;
    }

    /// <summary>A number from 1. A validator would be too late for what is none: asking an option for its value throws then.</summary>
    internal static Option<int?> Count(string name, string description) =>
        new(name)
        {
            HelpName = "N",
            Description = description,
            CustomParser = result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
                {
                    return count;
                }

                result.AddError($"{name} has to be a number, 1 or more.");
                return null;
            },
        };

    /// <summary>A size in bytes, or with K, M, G or T for powers of 1024, as logrotate and ulimit know it.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="least">The smallest, in bytes.</param>
    /// <param name="most">The largest, in bytes.</param>
    internal static Option<long?> Size(string name, string description, long least, long most) =>
        new(name)
        {
            HelpName = "SIZE",
            Description = $"{description} SIZE is {SizeForm}.",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (ParseSize(text) is not { } size)
                {
                    result.AddError($"{name}: '{text}' is no size; write {SizeForm}.");
                    return null;
                }

                if (size < least || size > most)
                {
                    result.AddError($"{name}: '{text}' is not between {least} bytes and {most >> 30} GiB.");
                }

                return size;
            },
        };

    private const string SizeForm = "bytes, or digits and a unit: 512K, 10M, 1G";

    private static long? ParseSize(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? text.Length : digits;
        int? shift = text.AsSpan(digits) switch
        {
            "" => 0,
            "K" or "k" or "KiB" => 10,
            "M" or "MiB" => 20,
            "G" or "GiB" => 30,
            "T" or "TiB" => 40,
            _ => null,
        };
        return
            digits is > 0 and <= 15
            && shift is { } by
            && long.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture) is var count
            && count <= long.MaxValue >> by
            ? count << by
            : null;
    }

    internal static Option<bool> Flag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>A process or group id as it was typed, negative ones too: what is no target is the operation's to refuse.</summary>
    internal static Argument<int> Id(string name, string description) =>
        new(name) { Description = description, CustomParser = result => ParseId(result, name) };

    internal static Option<int?> IdOption(string name, string helpName, string description) =>
        new(name)
        {
            HelpName = helpName,
            Description = description,
            CustomParser = result => ParseId(result, name),
        };

    internal static Argument<Signal> SignalArgument(string name, string description) =>
        new(name) { Description = description, CustomParser = ParseSignal };

    internal static Option<Signal?> SignalOption(string name, string description) =>
        new(name)
        {
            HelpName = "SIGNAL",
            Description = description,
            CustomParser = result => ParseSignal(result),
        };

    private static int ParseId(ArgumentResult result, string name)
    {
        if (int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id))
        {
            return id;
        }

        result.AddError($"{name}: '{result.Tokens[0].Value}' is no process or group id; write a number.");
        return 0;
    }

    private static Signal ParseSignal(ArgumentResult result)
    {
        if (!Signal.TryParse(result.Tokens[0].Value, out var signal))
        {
            result.AddError($"'{result.Tokens[0].Value}' is no signal; write a name such as TERM or HUP, or a number from 1 to 64.");
        }

        return signal;
    }
}
