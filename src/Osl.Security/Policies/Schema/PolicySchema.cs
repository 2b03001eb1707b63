namespace Osl.Security.Policies;

/// <summary>The JSON schema of the policy file, by which editors complete and check it. What it can't say, the loader still refuses.</summary>
public static class PolicySchema
{
    /// <summary>The schema (JSON Schema, draft 2020-12).</summary>
    public static string Text { get; } = Read();

    private static string Read()
    {
        using var stream = typeof(PolicySchema).Assembly.GetManifestResourceStream("policy.schema.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
