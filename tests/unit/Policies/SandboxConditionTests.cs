using Osl.Operations.Policies;
using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

/// <summary>What a rule can ask of the sandbox of a start.</summary>
public sealed class SandboxConditionTests
{
    private const string Policy = """
        version: 1
        rules:
          - id: held
            effect: allow
            actions: [process.start]
            executable: { path: /usr/bin/make }
            arguments: any
            sandbox: { read: [/srv/src, /usr], write: /srv/out, execute: /usr, refuse: [namespace, module] }
          - id: calls
            effect: allow
            actions: [process.start]
            executable: { path: /usr/bin/git }
            arguments: any
            sandbox: { refuse: [ptrace] }
          - id: no-setuid
            effect: allow
            actions: [process.start]
            executable: { path: /usr/bin/id }
            arguments: any
            require: { noNewPrivileges: true }
        """;

    private static readonly CompiledPolicy Compiled = PolicyReader.Read(Policy).AsT0;

    public SandboxConditionTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Sandboxes are Linux's, and so are their paths.");

    [Theory]
    [InlineData("allow", "make", "{ read: [/srv/src/x, /usr], write: [/srv/out], execute: [/usr/bin], refuse: [namespace] }")]
    [InlineData("allow", "make", "{ execute: [/usr], refuse: [namespace, ptrace] }")]
    [InlineData("deny", "make", null)]
    // Files are not limited.
    [InlineData("deny", "make", "{ refuse: [namespace] }")]
    [InlineData("deny", "make", "{ read: [/srv], execute: [/usr], refuse: [namespace] }")]
    [InlineData("deny", "make", "{ read: [/srv/src-old], execute: [/usr], refuse: [namespace] }")]
    [InlineData("deny", "make", "{ write: [/srv/src], execute: [/usr], refuse: [namespace] }")]
    [InlineData("deny", "make", "{ execute: [/srv/src], refuse: [namespace] }")]
    [InlineData("deny", "make", "{ execute: [/], refuse: [namespace] }")]
    // A class is missing.
    [InlineData("deny", "make", "{ execute: [/usr] }")]
    // The rule says nothing of paths.
    [InlineData("allow", "git", "{ read: [/], refuse: [ptrace] }")]
    [InlineData("allow", "git", "{ refuse: [mount, ptrace] }")]
    [InlineData("deny", "git", "{ refuse: [mount] }")]
    [InlineData("deny", "git", null)]
    // Any sandbox keeps set-uid programs from gaining anything.
    [InlineData("allow", "id", "{ noNetwork: true }")]
    [InlineData("deny", "id", null)]
    public void It_has_to_be_as_strict_as_the_rule(string expected, string program, string? sandbox)
    {
        var text = $"""
            version: 1
            cases:
              - name: one
                command: [{program}, x]
                expect: {expected}
            {(sandbox is null ? "" : $"    sandbox: {sandbox}")}
            """;
        var result = Assert.Single(PolicyCaseReader.Read(text).AsT0).Run(Compiled);
        Assert.True(result.Passed, result.Explanation.ToString());
    }

    [Fact]
    public void Explaining_says_which_path_is_too_much()
    {
        const string text = """
            version: 1
            cases:
              - { name: one, command: [make], expect: deny, sandbox: { execute: [/usr], read: [/etc], refuse: [namespace] } }
            """;
        var explanation = Assert.Single(PolicyCaseReader.Read(text).AsT0).Run(Compiled).Explanation;
        var line = Assert.Single(explanation.NearMisses, rule => string.Equals(rule.Rule, "held", StringComparison.Ordinal));
        Assert.Equal(PolicyEffect.Deny, explanation.Decision.Effect);
        Assert.Equal(("sandbox", "/etc"), (line.Condition, line.Found));
        Assert.Contains("/srv/src", line.Expected, StringComparison.Ordinal);
    }
}
