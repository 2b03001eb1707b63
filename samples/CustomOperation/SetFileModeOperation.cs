using System.Text.Json.Serialization;
using Osl.Operations;

namespace Osl.Samples.CustomOperation;

/// <summary>Sets the permission bits of a file. The record is all that policy, approver and journal see.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Mode">0 to 07777 octal (chmod(2)).</param>
public sealed record SetFileModeOperation(string Path, int Mode) : IOperation<SetFileModeResult>;

/// <summary>The mode was set.</summary>
/// <param name="Before">The permission bits before.</param>
/// <param name="After">The permission bits now.</param>
public sealed record SetFileModeResult(int Before, int After) : ExecutionResult;

/// <summary>The operation's JSON form, made at compile time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(SetFileModeOperation))]
internal sealed partial class SetFileModeJson : JsonSerializerContext;
