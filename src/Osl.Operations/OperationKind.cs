using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FluentValidation;
using Osl.Operations.Policies;

namespace Osl.Operations;

/// <summary>What is known of one kind of operation apart from how it is done.</summary>
public abstract record OperationKind
{
    private protected OperationKind() { }

    /// <summary>Its name in written forms: <c>spawn_process</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The version of its written form: raised when a form is no longer understood by older programs. A newer one than this is not
    /// read; in an older one, what is missing gets its default.
    /// </summary>
    public int Version { get; init; } = 1;

    /// <summary>What the policy judges; all of them.</summary>
    public required ValueList<PolicyAction> Actions { get; init; }

    /// <summary>
    /// Whether it ends or signals what runs. Such an operation never waits for the journal: it goes ahead, and a gap record follows.
    /// </summary>
    public bool NeverWaitsForJournal { get; init; }

    /// <summary>The record type.</summary>
    public abstract Type OperationClass { get; }

    /// <summary>The audit <c>operation_type</c> of one operation.</summary>
    /// <param name="operation">An operation of this kind.</param>
    public abstract string TypeOf(IOperation operation);

    /// <summary>What is wrong with its shape; empty when nothing is. No I/O.</summary>
    /// <param name="operation">An operation of this kind.</param>
    public abstract ValueList<string> Validate(IOperation operation);

    /// <summary>The same operation with secrets masked.</summary>
    /// <param name="operation">An operation of this kind.</param>
    public abstract IOperation Redact(IOperation operation);

    internal abstract void WriteBody(Utf8JsonWriter writer, IOperation operation);

    internal abstract IOperation ReadBody(JsonElement body);

    internal abstract JsonTypeInfo JsonInfo { get; }
}

/// <summary>What is known of one kind of operation apart from how it is done.</summary>
/// <typeparam name="TOperation">The record.</typeparam>
public sealed record OperationKind<TOperation> : OperationKind
    where TOperation : class, IOperation
{
    private readonly Func<JsonTypeInfo<TOperation>>? _json;
    private readonly Action<Utf8JsonWriter, TOperation>? _writer;

    /// <summary>A kind, all of whose members are to be said.</summary>
    public OperationKind() { }

    /// <summary>One of our own, which is written by hand; what reads it is made when something is read.</summary>
    [SetsRequiredMembers]
    internal OperationKind(
        string name,
        PolicyAction action,
        IValidator<TOperation> validator,
        Action<Utf8JsonWriter, TOperation> writer,
        Func<JsonTypeInfo<TOperation>> json
    )
    {
        Name = name;
        Actions = [action];
        Validator = validator;
        _writer = writer;
        _json = json;
        Json = null!;
    }

    /// <summary>
    /// How it is written as JSON: source-generated, without loss. Its context should refuse unknown members
    /// (<see cref="System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow"/>), as those of our own kinds do.
    /// </summary>
    public required JsonTypeInfo<TOperation> Json
    {
        get => field ??= _json!();
        init;
    }

    /// <summary>What makes its shape acceptable. Whole-collection rules, no I/O.</summary>
    public required IValidator<TOperation> Validator { get; init; }

    /// <summary>The audit <c>operation_type</c>; its kind's name unless said otherwise.</summary>
    public Func<TOperation, string>? OperationType { get; init; }

    /// <summary>The same operation with secrets masked; itself when it holds none.</summary>
    public Func<TOperation, TOperation>? Redaction { get; init; }

    /// <inheritdoc/>
    public override Type OperationClass => typeof(TOperation);

    /// <inheritdoc/>
    public override string TypeOf(IOperation operation) => OperationType?.Invoke((TOperation)operation) ?? Name;

    /// <inheritdoc/>
    public override ValueList<string> Validate(IOperation operation)
    {
        var outcome = Validator.Validate((TOperation)operation);
        return outcome.IsValid ? [] : outcome.Errors.Select(failure => failure.ErrorMessage).ToValueList();
    }

    /// <inheritdoc/>
    public override IOperation Redact(IOperation operation) => Redaction?.Invoke((TOperation)operation) ?? operation;

    internal override void WriteBody(Utf8JsonWriter writer, IOperation operation)
    {
        if (_writer is not null)
        {
            _writer(writer, (TOperation)operation);
            return;
        }

        JsonSerializer.Serialize(writer, (TOperation)operation, Json);
    }

    internal override IOperation ReadBody(JsonElement body) => body.Deserialize(Json) ?? throw new OperationFormException("is null");

    internal override JsonTypeInfo JsonInfo => Json;
}
