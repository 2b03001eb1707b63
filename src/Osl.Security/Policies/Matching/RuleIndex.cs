using Osl.Operations;
using Osl.Operations.Facts;

namespace Osl.Security.Policies;

/// <summary>
/// Finds the rules that could speak of an operation: by action, then by program, then by principal. A rule may be found more than
/// once; that changes nothing.
/// </summary>
internal sealed class RuleIndex
{
    private readonly Dictionary<string, Programs> _byAction = new(StringComparer.Ordinal);
    private readonly Programs _anyAction = new();

    internal RuleIndex(IReadOnlyList<CompiledRule> rules)
    {
        foreach (var rule in rules)
        {
            foreach (var action in rule.Rule.Actions)
            {
                var programs = _anyAction;
                if (!action.EndsWith('*') && !_byAction.TryGetValue(action, out programs))
                {
                    _byAction.Add(action, programs = new Programs());
                }

                programs!.Add(rule);
            }
        }

        foreach (var programs in _byAction.Values.Append(_anyAction))
        {
            programs.Seal();
        }
    }

    /// <summary>Gives every rule that could speak of it to the verdict.</summary>
    internal void Visit(in PolicyRequest request, ref Verdict verdict)
    {
        if (_byAction.TryGetValue(request.Action, out var programs))
        {
            programs.Visit(request, ref verdict);
        }

        _anyAction.Visit(request, ref verdict);
    }

    private sealed class Programs
    {
        private readonly Dictionary<string, People> _byPath = new(PathSegments.Comparer);
        private readonly Dictionary<string, People> _byName = new(PathSegments.Comparer);
        private readonly People _others = new();

        internal void Add(CompiledRule rule)
        {
            var executable = rule.Rule.Executable;
            var (table, keys) =
                executable is { Paths.Count: > 0, Under.Count: 0 } ? (_byPath, executable.Paths)
                : executable is { Names.Count: > 0, Under.Count: 0, Paths.Count: 0 } ? (_byName, executable.Names)
                : (null, default);
            if (table is null)
            {
                _others.Add(rule);
                return;
            }

            foreach (var key in keys)
            {
                if (!table.TryGetValue(key, out var people))
                {
                    table.Add(key, people = new People());
                }

                people.Add(rule);
            }
        }

        internal void Seal()
        {
            foreach (var people in _byPath.Values.Concat(_byName.Values).Append(_others))
            {
                people.Seal();
            }
        }

        internal void Visit(in PolicyRequest request, ref Verdict verdict)
        {
            if (request.Facts.Executable is { } executable && request.IsStart)
            {
                if (_byPath.Count > 0)
                {
                    VisitPath(executable.CanonicalPath, request, ref verdict);
                    if (!string.Equals(executable.CanonicalPath, executable.Path, StringComparison.Ordinal))
                    {
                        VisitPath(executable.Path, request, ref verdict);
                    }
                }

                if (_byName.Count > 0)
                {
                    VisitNames(executable, request, ref verdict);
                }
            }

            _others.Visit(request, ref verdict);
        }

        private void VisitPath(string path, in PolicyRequest request, ref Verdict verdict)
        {
            if (_byPath.TryGetValue(path, out var people))
            {
                people.Visit(request, ref verdict);
            }
        }

        private void VisitNames(ExecutableFacts executable, in PolicyRequest request, ref Verdict verdict)
        {
            var requested = PathSegments.LastName(executable.Requested);
            var found = PathSegments.LastName(executable.Path);
            var real = PathSegments.LastName(executable.CanonicalPath);
            VisitName(requested, request, ref verdict);
            if (!found.SequenceEqual(requested))
            {
                VisitName(found, request, ref verdict);
            }

            if (!real.SequenceEqual(requested) && !real.SequenceEqual(found))
            {
                VisitName(real, request, ref verdict);
            }
        }

        private void VisitName(ReadOnlySpan<char> name, in PolicyRequest request, ref Verdict verdict)
        {
            if (_byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var people))
            {
                people.Visit(request, ref verdict);
            }
        }
    }

    private sealed class People
    {
        private readonly Dictionary<string, List<CompiledRule>> _byEntry = new(StringComparer.Ordinal);
        private readonly Dictionary<string, List<CompiledRule>> _byRole = new(StringComparer.Ordinal);
        private readonly List<CompiledRule> _everybody = [];

        internal void Add(CompiledRule rule)
        {
            if (rule.Rule.Principals.Count == 0)
            {
                _everybody.Add(rule);
            }

            foreach (var entry in rule.Rule.Principals)
            {
                var isRole = entry.StartsWith(CompiledRule.RolePrefix, StringComparison.Ordinal);
                var table = isRole ? _byRole : _byEntry;
                var key = isRole ? entry[CompiledRule.RolePrefix.Length..] : entry;
                if (!table.TryGetValue(key, out var rules))
                {
                    table.Add(key, rules = []);
                }

                rules.Add(rule);
            }
        }

        // Strictest first, so that a verdict that can't change any more ends the walk.
        internal void Seal()
        {
            foreach (var rules in _byEntry.Values.Concat(_byRole.Values).Append(_everybody))
            {
                rules.Sort(
                    static (left, right) =>
                        left.Rule.Effect != right.Rule.Effect
                            ? right.Rule.Effect.CompareTo(left.Rule.Effect)
                            : left.Order.CompareTo(right.Order)
                );
            }
        }

        internal void Visit(in PolicyRequest request, ref Verdict verdict)
        {
            verdict.Consider(_everybody, request);
            if (_byEntry.Count > 0 && _byEntry.TryGetValue(request.Context.Principal.Name, out var named))
            {
                verdict.Consider(named, request);
            }

            if (_byRole.Count > 0)
            {
                foreach (var role in request.Context.Principal.Roles)
                {
                    if (_byRole.TryGetValue(role, out var rules))
                    {
                        verdict.Consider(rules, request);
                    }
                }
            }
        }
    }
}
