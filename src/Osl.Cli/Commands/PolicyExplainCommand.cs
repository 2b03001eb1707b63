using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Cli.Policies;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;

namespace Osl.Cli.Commands;

/// <summary>Says what the policy that holds would decide, and why.</summary>
internal sealed class PolicyExplainCommand : PolicyCommand
{
    private readonly RunOptions _options = new();

    private readonly Option<Signal?> _signal = Values.SignalOption(
        "--signal",
        "In place of PROGRAM: a signal, as 'osl signal' and 'osl kill-group' send it."
    );

    private readonly Option<RuleTarget?> _target = new("--target")
    {
        HelpName = "RELATION",
        Description = $"Whom the signal is for: {string.Join(", ", RuleTargets.Names)}. Own-group unless said otherwise.",
        CustomParser = result =>
        {
            var name = result.Tokens[0].Value;
            if (RuleTargets.Find(name) is { } target)
            {
                return target;
            }

            result.AddError($"--target: '{name}' is no relation; there are {string.Join(", ", RuleTargets.Names)}.");
            return null;
        },
    };

    private readonly Option<bool> _elevated = Values.Flag("--elevated", "The signal is for a process of another account.");

    internal PolicyExplainCommand(GlobalOptions globals, CliIo io)
        : base("explain", "Say what would be decided on a start or a signal, and why.", globals, io)
    {
        _options.AddTo(this);
        _options.LetProgramBeMissing();
        Options.Add(_signal);
        Options.Add(_target);
        Options.Add(_elevated);
        Validators.Add(RequireOneQuestion);
    }

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl policy explain -- git status", "The decision, every rule that spoke, and the rules that nearly did."),
        new("osl policy explain --signal TERM --target own-group", "Whether kill-group may end what was started, and by which rule."),
        new("osl policy explain --json --cwd / --env LANG=C -- ls -l", "The same as JSON, for a command line with options."),
    ];

    internal override IReadOnlyList<string> Details { get; } =
    [
        "Nothing is started, recorded or asked. The policy that holds is the system's, or the built-in one, with --policy or OSL_POLICY on it. A rule that did not speak is told with the first of its conditions that failed.",
        "Of a program it is said what 'osl run' with the same options would do. Signalling and ending, whatever the signal, are one action, process.signal: of it a rule may say whose the target is, and whether it is another account's.",
        "Write -- before PROGRAM. Exits with 0 when it would be allowed, with 3 when it would be denied or need an approval.",
    ];

    internal override bool IsUnderPolicy => true;

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_signal) is { } signal)
        {
            return Tell(parse, ExplainSignal(parse, signal));
        }

        await using var host = Globals.CreateHost(parse, Io);
        var operation = new RunProcessOperation(_options.ToOperation(parse, capture: false));
        var outcome = await host.ExplainAsync(operation, GlobalOptions.Context(_options.ReasonOf(parse)), cancellationToken)
            .ConfigureAwait(false);
        if (!outcome.TryPickT0(out var explanation, out var error))
        {
            return Fail(parse, error);
        }

        return Tell(parse, explanation);
    }

    /// <summary>Of a target that need not be there: the policy is asked, and nothing is looked up.</summary>
    private LayeredExplanation ExplainSignal(ParseResult parse, Signal signal)
    {
        var target = (parse.GetValue(_target) ?? RuleTarget.OwnGroup).ToFacts();
        var isElevated = parse.GetValue(_elevated);
        return PolicyExplainer.ExplainLayers(
            Globals.PolicyOf(parse, Io),
            ProcessActions.Signal,
            target.IsGroup ? ProcessSignalOperation.ForGroup(target.Id, signal) : new ProcessSignalOperation(target.Id, signal),
            GlobalOptions.Context(_options.ReasonOf(parse)),
            new OperationFacts
            {
                Target = target,
                RequiresElevation = isElevated,
                ElevationReason = isElevated ? "a member runs as another user" : null,
            }
        );
    }

    private void RequireOneQuestion(CommandResult command)
    {
        var isSignal = command.GetResult(_signal) is { Implicit: false };
        if (_options.HasProgram(command) == isSignal)
        {
            command.AddError(isSignal ? "A program and --signal are two questions: ask one." : "PROGRAM is missing, or --signal.");
        }
        else if (!isSignal && (command.GetResult(_target) ?? command.GetResult(_elevated)) is { Implicit: false } stray)
        {
            command.AddError($"{stray.Option.Name} says something of --signal only.");
        }
    }

    private int Tell(ParseResult parse, LayeredExplanation explanation)
    {
        if (WantsJson(parse))
        {
            Json.WriteObject(Io.Out, json => Write(json, explanation));
        }
        else
        {
            Write(explanation);
        }

        return explanation.Decision.Effect == PolicyEffect.Allow ? ExitCodes.Done : ExitCodes.Denied;
    }

    private void Write(LayeredExplanation explanation)
    {
        var decision = explanation.Decision;
        if (explanation.Layers.Count != 1)
        {
            Io.Print(DisplayText.Escape($"{EffectText.Of(decision.Effect)}, by rule '{decision.Rule}': {decision.Because}"));
        }

        for (var i = 0; i < explanation.Layers.Count; i++)
        {
            if (explanation.Layers.Count > 1)
            {
                Io.Print(i == 0 ? "the base:" : string.Create(CultureInfo.InvariantCulture, $"added layer {i}:"));
            }

            ExplanationText.Write(Io, explanation.Layers[i]);
        }

        if (explanation.Layers.Count > 1)
        {
            Io.Print($"  together {explanation.PolicyHash}: what audit records name, for the base and all that is added");
        }

        if (decision.Effect == PolicyEffect.Deny)
        {
            Io.Print(DisplayText.Escape($"  remedy   {decision.WhatWouldAllow}"));
        }
        else if (decision.DropVariables.Count > 0)
        {
            Io.Print(DisplayText.Escape($"  dropped  {string.Join(' ', decision.DropVariables)}"));
        }
    }

    private static void Write(Utf8JsonWriter json, LayeredExplanation explanation)
    {
        json.WriteString("decision"u8, EffectText.Of(explanation.Decision.Effect));
        json.WriteString("rule"u8, explanation.Decision.Rule);
        json.WriteString("because"u8, explanation.Decision.Because);
        json.WriteString("policy_hash"u8, explanation.PolicyHash);
        json.WriteStartArray("dropped_variables"u8);
        foreach (var name in explanation.Decision.DropVariables)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("layers"u8);
        foreach (var layer in explanation.Layers)
        {
            json.WriteStartObject();
            json.WriteString("policy_hash"u8, layer.PolicyHash);
            json.WriteString("decision"u8, EffectText.Of(layer.Decision.Effect));
            json.WriteString("rule"u8, layer.Decision.Rule);
            json.WriteStartArray("matched"u8);
            foreach (var match in layer.Matched)
            {
                json.WriteStartObject();
                json.WriteString("rule"u8, match.Rule);
                json.WriteNumber("line"u8, match.Line);
                json.WriteString("decision"u8, EffectText.Of(match.Effect));
                json.WriteString("because"u8, match.Because);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("near_misses"u8);
            foreach (var miss in layer.NearMisses)
            {
                json.WriteStartObject();
                json.WriteString("rule"u8, miss.Rule);
                json.WriteNumber("line"u8, miss.Line);
                json.WriteString("decision"u8, EffectText.Of(miss.Effect));
                json.WriteString("condition"u8, miss.Condition);
                json.WriteString("expected"u8, miss.Expected);
                json.WriteString("found"u8, miss.Found);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
