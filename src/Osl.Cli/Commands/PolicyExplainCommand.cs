using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Osl.Cli.Output;
using Osl.Cli.Policies;
using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;

namespace Osl.Cli.Commands;

/// <summary>Says what the policy that holds would decide, and why.</summary>
internal sealed class PolicyExplainCommand : PolicyCommand
{
    private readonly RunOptions _options = new();

    internal PolicyExplainCommand(GlobalOptions globals, CliIo io)
        : base("explain", "Say what would be decided on 'osl run' with the same options, and why.", globals, io)
    {
        _options.AddTo(this);
    }

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl policy explain -- git status", "The decision, every rule that spoke, and the rules that nearly did."),
        new("osl policy explain --json --cwd / --env LANG=C -- ls -l", "The same as JSON, for a command line with options."),
    ];

    internal override IReadOnlyList<string> Details { get; } =
    [
        "Nothing is started, recorded or asked. The policy that holds is the system's, or the built-in one, with --policy or OSL_POLICY on it. A rule that did not speak is told with the first of its conditions that failed.",
        "Write -- before PROGRAM. Exits with 0 when it would be allowed, with 3 when it would be denied or need an approval.",
    ];

    internal override bool IsUnderPolicy => true;

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        await using var host = Globals.CreateHost(parse, Io);
        var operation = new RunProcessOperation(_options.ToOperation(parse, capture: false));
        var outcome = await host.ExplainAsync(operation, GlobalOptions.Context(_options.ReasonOf(parse)), cancellationToken)
            .ConfigureAwait(false);
        if (!outcome.TryPickT0(out var explanation, out var error))
        {
            return Fail(parse, error);
        }

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
