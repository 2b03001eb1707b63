namespace Osl.Operations.Policies;

/// <summary>What a policy judges: <c>process.start</c>, or what a custom operation names (<c>file.set-mode</c>).</summary>
/// <param name="Name">Lower-case words with dots and hyphens.</param>
public sealed record PolicyAction(string Name)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
