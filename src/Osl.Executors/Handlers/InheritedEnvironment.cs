using System.Collections;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>
/// The host's environment as it was when the host was made, and what a child gets of it. One snapshot: reading and sorting the
/// environment for every spawn costs more than the spawn, and what was judged must be what is given.
/// </summary>
internal sealed class InheritedEnvironment
{
    /// <summary>On Windows names that differ only in case are one.</summary>
    private static readonly StringComparer NameComparer = OperatingSystem.IsWindows()
        ? StringComparer.OrdinalIgnoreCase
        : StringComparer.Ordinal;

    private readonly EnvironmentVariable[] _variables;
    private readonly string[] _entries;
    private readonly ValueList<string> _names;

    internal InheritedEnvironment(IDictionary variables)
    {
        _variables =
        [
            .. variables
                .Cast<DictionaryEntry>()
                .Select(entry => new EnvironmentVariable((string)entry.Key, (string?)entry.Value ?? ""))
                // The marker of the Osl that started this host, if one did, is not its children's.
                .Where(variable => !NameComparer.Equals(variable.Name, OperationId.MarkerVariable))
                .OrderBy(variable => variable.Name, NameComparer),
        ];
        _entries = [.. _variables.Select(Entry)];
        _names = _variables.Select(variable => variable.Name).Append(OperationId.MarkerVariable).ToValueList();
    }

    /// <summary>The names of the variables a child would get, sorted but for the marker, which comes last.</summary>
    internal ValueList<string> Names(EnvironmentConfig config) =>
        IsUnchanged(config) ? _names : Effective(config).Select(variable => variable.Name).Append(OperationId.MarkerVariable).ToValueList();

    /// <summary>The child's environment as NAME=value, the marker last.</summary>
    /// <param name="config">What the operation says.</param>
    /// <param name="operation">The marker.</param>
    /// <param name="drop">Inherited variables that the policy does not let through.</param>
    /// <param name="path">The PATH it gets instead of one that it would inherit; null for that one.</param>
    internal IReadOnlyList<string> Entries(EnvironmentConfig config, OperationId operation, ValueList<string> drop, string? path = null)
    {
        var marker = $"{OperationId.MarkerVariable}={operation}";
        if (IsUnchanged(config) && drop.Count == 0 && path is null)
        {
            return [.. _entries, marker];
        }

        var asked = config.Set.Select(variable => variable.Name).ToHashSet(NameComparer);
        var dropped = drop.Where(name => !asked.Contains(name)).ToHashSet(NameComparer);
        return
        [
            .. Effective(config)
                .Where(variable => !dropped.Contains(variable.Name))
                .Select(variable =>
                    path is not null && NameComparer.Equals(variable.Name, "PATH") && !asked.Contains("PATH")
                        ? $"{variable.Name}={path}"
                        : Entry(variable)
                ),
            marker,
        ];
    }

    private static bool IsUnchanged(EnvironmentConfig config) => !config.Clean && config.Set.Count == 0 && config.Unset.Count == 0;

    private static string Entry(EnvironmentVariable variable) => $"{variable.Name}={variable.Value}";

    private IEnumerable<EnvironmentVariable> Effective(EnvironmentConfig config)
    {
        var changed = config.Set.Select(variable => variable.Name).Concat(config.Unset).ToHashSet(NameComparer);
        return (config.Clean ? [] : _variables.Where(variable => !changed.Contains(variable.Name)))
            .Concat(config.Set)
            .OrderBy(variable => variable.Name, NameComparer);
    }
}
