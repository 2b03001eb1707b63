namespace Osl.Operations;

/// <summary>The two written forms of an operation.</summary>
public enum WrittenForm
{
    /// <summary>Secrets masked: for the journal and for everything that is shown.</summary>
    Audit,

    /// <summary>Without loss, secrets included: for templates and for other hosts. Whoever holds it holds the secrets.</summary>
    Full,
}
