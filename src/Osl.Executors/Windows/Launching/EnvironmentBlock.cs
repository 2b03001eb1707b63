using System.Text;
using Osl.Operations;

namespace Osl.Executors.Windows;

/// <summary>The environment as CreateProcessW wants it: NAME=value, each ended by NUL, sorted without regard to case, and one more NUL.</summary>
internal static class EnvironmentBlock
{
    /// <summary>Refused when two names differ only in case: which one the child would see, nobody has said.</summary>
    internal static OneOf<string, OperationError> Of(IReadOnlyList<string> entries)
    {
        var sorted = entries.ToArray();
        Array.Sort(sorted, static (left, right) => NameOf(left).CompareTo(NameOf(right), StringComparison.OrdinalIgnoreCase));
        var block = new StringBuilder();
        for (var i = 0; i < sorted.Length; i++)
        {
            var name = NameOf(sorted[i]);
            if (name.Length == 0 || name.Length == sorted[i].Length)
            {
                return new ValidationFailed(["A variable of the environment needs a name and a '='."]);
            }

            if (i > 0 && name.Equals(NameOf(sorted[i - 1]), StringComparison.OrdinalIgnoreCase))
            {
                return new ValidationFailed([
                    $"The variable '{DisplayText.Escape(name.ToString())}' is there twice: names that differ only in case are one on Windows.",
                ]);
            }

            block.Append(sorted[i]).Append('\0');
        }

        // An empty block is two NULs as well.
        return block.Append('\0', sorted.Length == 0 ? 2 : 1).ToString();
    }

    private static ReadOnlySpan<char> NameOf(string entry)
    {
        var end = entry.IndexOf('=', StringComparison.Ordinal);
        return end < 0 ? entry : entry.AsSpan(0, end);
    }
}
