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
